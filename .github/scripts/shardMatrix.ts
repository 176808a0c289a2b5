/** Which stacks a workflow runs a job for. */

/** As `tenant-edge shards --json` has it. */
export interface Shard {
  stack: string;
  environment: string;
  /** Stack of the same environment that is deployed before it. */
  after: string | null;
}

interface Waves {
  /** Stacks that need no other one: there is at least one. */
  first: string[];
  /** Stacks that live in the network of another one, which is among the first. */
  rest: string[];
}

/** By environment, what is deployed first and what after it. */
export function wavesOf(shards: readonly Shard[]): Record<string, Waves> {
  const environments = Map.groupBy(shards, ({ environment }) => environment);
  return Object.fromEntries(
    [...environments].map(([environment, own]) => {
      const { first = [], rest = [] } = Object.groupBy(own, ({ after }) =>
        after === null ? "first" : "rest",
      );
      const names = (wave: Shard[]) => wave.map(({ stack }) => stack);
      return [environment, { first: names(first), rest: names(rest) }];
    }),
  );
}

/**
 * What a pull request is previewed for: where only stack files were changed, the stacks of these; after any other change,
 * all. A stack that is alone in its environment always counts: its preview may be a required check.
 *
 * @param changed paths from the checkout's top.
 */
export function changedShards<S extends Shard>(shards: readonly S[], changed: readonly string[]): S[] {
  const files = new Set(changed);
  const ofStacks = shards.filter(({ stack }) => files.delete(`Pulumi.${stack}.yaml`));
  if (files.size > 0 || ofStacks.length === 0) return [...shards];
  const isAlone = ({ environment }: S) =>
    shards.filter((other) => other.environment === environment).length === 1;
  return shards.filter((shard) => ofStacks.includes(shard) || isAlone(shard));
}
