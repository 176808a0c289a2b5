import { BucketAccess } from "../bucket/choices.ts";
import { bucketTokenPolicy } from "../bucket/tokenPolicy.ts";
import type { ResourceRule, Violation } from "./policy.ts";
import { at, entries, isObject, mustBe, shown, Unknown } from "./values.ts";

const NO_BUCKET = { accountId: "", jurisdiction: "", name: "" };

/** Permission groups that reach the objects of one bucket. */
const GROUPS = Object.values(BucketAccess).flatMap((access) =>
  bucketTokenPolicy(NO_BUCKET, access).permissionGroups.map(({ id }) => id),
);

/** Account, jurisdiction and name. Cloudflare R2 documentation, "Authentication". */
const ONE_BUCKET = /^com\.cloudflare\.edge\.r2\.bucket\.[0-9a-f]{32}_[a-z]+_[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;

const SCOPE = `one bucket: {"com.cloudflare.edge.r2.bucket.<account>_<jurisdiction>_<bucket>":"*"}`;
const NARROW = "Make a token for each bucket, as the component TenantBucket does";

function resourcesProblems(path: string, resources: unknown): Violation[] {
  if (resources === Unknown) return [];
  let parsed: unknown;
  try {
    parsed = typeof resources === "string" ? JSON.parse(resources) : resources;
  } catch {
    parsed = undefined;
  }
  const keys = isObject(parsed) ? Object.keys(parsed) : [];
  const [key = ""] = keys;
  const isOne = isObject(parsed) && keys.length === 1 && ONE_BUCKET.test(key) && parsed[key] === "*";
  return isOne ? [] : [{ path, found: shown(parsed), allowed: SCOPE, action: NARROW }];
}

function policyProblems(path: string, policy: unknown): Violation[] {
  if (policy === Unknown) return [];
  const foreign = entries(policy, "permissionGroups").flatMap((group): Violation[] => {
    const id = at(group.value, "id");
    if (id === Unknown || GROUPS.some((known) => known === id)) return [];
    return [
      {
        path: `${path}.${group.path}.id`,
        found: shown(id),
        allowed: `${GROUPS.join(" or ")}, for the objects of a bucket`,
        action: "Give a tenant's token no other permission",
      },
    ];
  });
  return [
    ...mustBe(policy, "effect", "allow", "Name the bucket that the token opens instead").map((violation) => ({
      ...violation,
      path: `${path}.effect`,
    })),
    ...foreign,
    ...resourcesProblems(`${path}.resources`, at(policy, "resources")),
  ];
}

export const bucketTokens: ResourceRule = {
  name: "token-for-one-bucket",
  description: "A token of Cloudflare's that a stack makes opens the objects of one bucket and nothing else.",
  check({ type, values }) {
    if (type === "cloudflare:index/apiToken:ApiToken") {
      const action = "Make an AccountToken: one of a user ends with the user's membership";
      return [{ path: "type", found: "a user's token", allowed: "an account's token", action }];
    }
    if (type !== "cloudflare:index/accountToken:AccountToken" || at(values, "policies") === Unknown)
      return [];
    const policies = entries(values, "policies");
    if (policies.length !== 1) {
      return [{ path: "policies", found: `${policies.length} policies`, allowed: "one", action: NARROW }];
    }
    return policies.flatMap(({ path, value }) => policyProblems(path, value));
  },
};
