import { BucketFate } from "../lifecycle/states.ts";
import { type StackRule, textList, texts } from "./policy.ts";
import { stackOutput } from "./stackOutputs.ts";
import { at, isObject, shown } from "./values.ts";

const BUCKET = "cloudflare:index/r2Bucket:R2Bucket";

/** Buckets whose tenant is out of service and that were let go: by `disable --delete-bucket`, `remove` or `expire`. */
function releasedBuckets(tenants: unknown): ReadonlySet<unknown> {
  if (!isObject(tenants)) return new Set();
  return new Set(
    Object.values(tenants)
      .filter(
        (tenant) =>
          at(tenant, "disabled.purge") === true || at(tenant, "disabled.bucket") === BucketFate.Released,
      )
      .map((tenant) => at(tenant, "bucket")),
  );
}

/** By the names of the tunnels, which an environment's name begins: `te-<environment>-<tenant>`. */
function environmentsOf(tenants: unknown): string[] {
  if (!isObject(tenants)) return [];
  return Object.values(tenants).map(
    (tenant) => /^te-([a-z0-9]+)-/.exec(String(at(tenant, "tunnelName")))?.[1] ?? "",
  );
}

export const protection: StackRule = {
  name: "bucket-protection",
  description: "A bucket in service is protected: the engine refuses to delete it.",
  configSchema: {
    properties: {
      unprotectedEnvironments: textList("Environments whose buckets may be unprotected."),
      unprotectedBuckets: textList("Names of buckets that may be unprotected."),
    },
  },
  checkStack(resources, config) {
    const tenants = stackOutput(resources, "tenants");
    const environments = environmentsOf(tenants);
    const free = texts(config, "unprotectedEnvironments");
    if (environments.length > 0 && environments.every((name) => free.includes(name))) return [];

    const released = releasedBuckets(tenants);
    const exempt = texts(config, "unprotectedBuckets");
    return resources
      .filter(({ type, protect, values }) => {
        const { name } = values;
        return (
          type === BUCKET && !protect && !released.has(name) && !exempt.some((bucket) => bucket === name)
        );
      })
      .map((resource) => ({
        resource,
        path: "protect",
        found: `false for bucket ${shown(resource.values["name"])}`,
        allowed: "true while its tenant is in service",
        action:
          "Set bucket.protect to true; or, when it is meant to be so, name the bucket in unprotectedBuckets of policies/config.json",
      }));
  },
};
