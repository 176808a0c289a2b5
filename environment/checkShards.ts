/** What must be unique, or within a limit, over all stacks of an environment. Pure functions. */
import { formatPath, type Problem, show } from "../config/problems.ts";
import { quotaProblems } from "./quotas.ts";
import type { Shard, ShardTenant } from "./shard.ts";

/** A problem and the stack file in which it stands. */
export interface ShardProblem extends Problem {
  file: string;
}

/** A value that no other tenant may have. */
interface Claim {
  path: string;
  value: string;
  /** Where it has to be unique. Default: the environment. */
  within?: string;
}

interface Uniqueness {
  claims(tenant: ShardTenant, shard: Shard): Claim[];
  allowed: string;
  /** @param owner the id of the tenant that has it already. @param place where it stands. */
  action(owner: string, place: string): string;
}

const IDS: Uniqueness = {
  claims: ({ id, index }) => [{ path: formatPath(["tenants", index, "id"]), value: id }],
  allowed: "an id that no other tenant of the environment has",
  action: (id, place) =>
    `${place} is the same: remove one of the two entries or give it its own id; if it was being moved, touch neither: \`tenant-edge move ${id} --to <stack>\` goes on`,
};

/** Tunnels, parameters and hosts have names that follow from the id alone. */
const NAMES: readonly Uniqueness[] = [
  {
    claims: ({ hubId, index }) =>
      hubId === undefined ? [] : [{ path: formatPath(["tenants", index, "hubId"]), value: hubId }],
    allowed: "a hub that no other tenant of the environment has",
    action: (owner, place) => `it belongs to tenant ${owner} (${place}); remove it from one of the two`,
  },
  {
    // With the zone's name in it, a hostname can be the same in that zone only.
    claims: ({ hostnames }) => hostnames.map(({ path, hostname }) => ({ path, value: hostname })),
    allowed: "a hostname that no other tenant of the environment has",
    action: (owner, place) => `it belongs to tenant ${owner} (${place}); give one of them another subdomain`,
  },
  {
    claims: ({ bucket, index }, { account }) =>
      bucket === undefined
        ? []
        : [
            {
              path: formatPath(["tenants", index, "bucket", "name"]),
              value: bucket.name,
              within: `${account}/${bucket.jurisdiction}`,
            },
          ],
    allowed: "a bucket name that no other tenant of the environment has in this account",
    action: (owner, place) =>
      `it belongs to tenant ${owner} (${place}); leave the name out to get one derived from the id`,
  },
];

/** Between files only: what clashes inside of one, its own rules tell. */
function clashes(shards: readonly Shard[], rule: Uniqueness): ShardProblem[] {
  const first = new Map<string, Claim & { file: string; owner: string }>();
  const problems: ShardProblem[] = [];
  for (const shard of shards) {
    const { file } = shard;
    for (const tenant of shard.tenants) {
      for (const claim of rule.claims(tenant, shard)) {
        const key = JSON.stringify([claim.within, claim.value]);
        const taken = first.get(key);
        if (taken === undefined) first.set(key, { ...claim, file, owner: tenant.id });
        if (taken === undefined || taken.file === file) continue;
        // Whatever has one id has the same names, too: told once.
        if (taken.owner === tenant.id && rule !== IDS) continue;
        const { allowed, action } = rule;
        const place = `${taken.path} of ${taken.file}`;
        problems.push({
          file,
          path: claim.path,
          found: show(claim.value),
          allowed,
          action: action(taken.owner, place),
        });
      }
    }
  }
  return problems;
}

/** All there is in a whole environment. Of two places that clash, the problem stands in the later file. */
export function checkShards(shards: readonly Shard[]): ShardProblem[] {
  return [...[IDS, ...NAMES].flatMap((rule) => clashes(shards, rule)), ...quotaProblems(shards)];
}

/** What concerns one stack: clashes with what stands in its file, and limits of its account and zone. */
export function checkAgainst(shard: Shard, others: readonly Shard[]): Problem[] {
  return checkShards([...others, shard]).flatMap(({ file, ...problem }) =>
    file === shard.file ? [problem] : [],
  );
}
