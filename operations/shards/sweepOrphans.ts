/** A sweep for orphans over the accounts, zones and regions of an environment. */
import type { ShardFile } from "../../environment/shardFiles.ts";
import { Cloud, OrphanKind } from "../choices.ts";
import type { Call, InputOf, ResultOf } from "../contract.ts";
import { ErrorCode, OperationError } from "../errors.ts";
import { DEFAULT_DELETIONS } from "../sweepOrphans.ts";
import { type Answers, askThese, failures } from "./overShards.ts";
import type { Shards } from "./shards.ts";

type Result = ResultOf<"sweepOrphans">;
type Orphan = Result["orphans"][number];

/** Of AWS, what is in no region. */
const GLOBAL: readonly string[] = [OrphanKind.Role, OrphanKind.InstanceProfile];

/** What a sweep of the stack looks into. */
function looksInto({ raw, region }: ShardFile): string {
  const { accountId, zoneId } = (raw["cloudflare"] ?? {}) as Record<string, unknown>;
  return JSON.stringify([accountId, zoneId, region]);
}

/** Two sweeps that share an account, and not the zone or region, see some things twice. */
function unique({ answers }: Answers<Result>, regions: ReadonlyMap<string, string | undefined>): Orphan[] {
  const found = answers.flatMap(({ stack, result }) =>
    result.orphans.map((orphan): [string, Orphan] => {
      const { cloud, kind, id } = orphan;
      const isRegional = cloud === Cloud.Aws && !GLOBAL.includes(kind);
      return [JSON.stringify([cloud, kind, id, isRegional ? regions.get(stack) : ""]), orphan];
    }),
  );
  return [...new Map(found).values()];
}

function merged(asked: Answers<Result>, orphans: Orphan[]): Result {
  return {
    ...failures(asked),
    seen: asked.answers.reduce((sum, { result }) => sum + result.seen, 0),
    orphans,
  };
}

/**
 * Once for each account, zone and region: the sweep of one stack knows the tenants of all stacks of the project.
 * `maxDeletions` counts over all of them.
 *
 * @throws as sweepOrphans of a stack; also not-allowed-now when one of several sweeps could not look. Nothing is deleted then.
 */
export async function sweepOrphansOfAll(
  shards: Shards,
  input: InputOf<"sweepOrphans">,
  call: Call,
): Promise<Result> {
  const lists = await shards.lists(call.signal);
  const sweeps = [...Map.groupBy(lists.shards, looksInto).values()].flatMap(([first]) => first ?? []);
  const regions = new Map(sweeps.map(({ stack, region }) => [stack, region]));
  const [only, ...others] = sweeps;
  if (only !== undefined && others.length === 0) {
    return await (await shards.operations(only.stack)).sweepOrphans(input, call);
  }

  const sweep = (stacks: readonly string[], more: InputOf<"sweepOrphans">) =>
    askThese(
      stacks,
      async (stack, its) => await (await shards.operations(stack)).sweepOrphans({ ...input, ...more }, its),
      call,
      1,
    );
  const looked = await sweep([...regions.keys()], { delete: false });
  const orphans = unique(looked, regions);
  if (input.delete !== true) return merged(looked, orphans);

  refuseUnlessSafe(looked, orphans, input.maxDeletions ?? DEFAULT_DELETIONS);
  const withOrphans = looked.answers.filter(({ result }) =>
    result.orphans.some(({ outcome }) => outcome === "found"),
  );
  const most = Math.max(1, orphans.length);
  const deleted = await sweep(
    withOrphans.map(({ stack }) => stack),
    { maxDeletions: most },
  );
  // What the second look did not see any more was shared, and has been dealt with by another one.
  const untouched = looked.answers.filter(({ stack }) => !withOrphans.some((one) => one.stack === stack));
  const all = { answers: [...untouched, ...deleted.answers], failed: deleted.failed };
  return merged(all, unique(all, regions));
}

function refuseUnlessSafe(
  { failed }: Answers<Result>,
  orphans: readonly Orphan[],
  maxDeletions: number,
): void {
  if (failed.length > 0) {
    const names = failed.map(({ stack, error }) => `${stack} (${error})`).join(", ");
    throw new OperationError(ErrorCode.NotAllowedNow, `nothing was deleted: no look with ${names}`, {
      ways: ["run it again, or with --stack for the others alone"],
    });
  }
  const deletions = orphans.filter(({ outcome }) => outcome === "found").length;
  if (deletions <= maxDeletions) return;
  throw new OperationError(
    ErrorCode.UnintendedChanges,
    `nothing was deleted: ${deletions} things would be deleted, and at most ${maxDeletions} may`,
    {
      ways: [
        "Run it without delete and look at the list; check account, zone, environment and backend.",
        "When they are orphans: raise maxDeletions, or delete some by hand.",
      ],
    },
  );
}
