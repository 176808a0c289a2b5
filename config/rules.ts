/** Rules that look at more than one value: what a schema cannot say. Each is a pure function that returns problems. */
import { renderUserData, USER_DATA_LIMIT } from "../host/userData.ts";
import { distinctTagKeys, keyInRegion } from "./awsRules.ts";
import { hostnameProblems } from "./hostnames.ts";
import { lifecycleRules } from "./lifecycleRules.ts";
import { blockBegins, distinctPlaces, networkComplete, zonesInRegion } from "./networkRules.ts";
import { formatPath, type Problem, show } from "./problems.ts";
import type { ParsedStack, Rule } from "./rule.ts";
import { type ResolvedTenant, resolveTenant, type TenantDefaults } from "./tenants.ts";

const uniqueIds: Rule = ({ tenants }) => {
  const first = new Map<string, number>();
  return [...tenants].flatMap(([index, { id }]): Problem[] => {
    const earlier = first.get(id);
    if (earlier === undefined) {
      first.set(id, index);
      return [];
    }
    return [
      {
        path: formatPath(["tenants", index, "id"]),
        found: show(id),
        allowed: "an id that no other tenant has",
        action: `tenants[${earlier}] has it too: remove one of the two entries or give it its own id`,
      },
    ];
  });
};

const hostnames: Rule = ({ config, tenants }) =>
  config.cloudflare === undefined
    ? []
    : hostnameProblems(config.cloudflare, config.reservedSubdomains ?? [], tenants);

/** Tenants with defaults, where the defaults are known. */
function resolved({ config, tenants }: ParsedStack): [number, ResolvedTenant][] {
  const { environment, cloudflare, hostDefaults, bucketDefaults } = config;
  if (!environment || !cloudflare || !hostDefaults || !bucketDefaults) return [];
  const defaults: TenantDefaults = { environment, cloudflare, hostDefaults, bucketDefaults };
  return [...tenants].map(([index, tenant]) => [index, resolveTenant(defaults, tenant)]);
}

const uniqueBuckets: Rule = (stack) => {
  const owners = new Map<string, string>();
  return resolved(stack).flatMap(([index, { id, bucket }]): Problem[] => {
    if (bucket === undefined) return [];
    const place = `${bucket.jurisdiction}/${bucket.name}`;
    const owner = owners.get(place);
    if (owner === undefined || owner === id) {
      owners.set(place, id);
      return [];
    }
    return [
      {
        path: formatPath(["tenants", index, "bucket", "name"]),
        found: show(bucket.name),
        allowed: "a bucket name that no other tenant has",
        action: `it belongs to tenant ${owner}; leave the name out to get one derived from the id`,
      },
    ];
  });
};

const imagesPinned: Rule = (stack) =>
  resolved(stack).flatMap(([index, { host }]): Problem[] => {
    if (host === undefined || host.imageId !== undefined) return [];
    return [
      {
        path: formatPath(["tenants", index, "host", "imageId"]),
        found: "nothing, and tenant-edge:hostDefaults.imageId is not set either",
        allowed: "an image id, ami-…",
        action:
          "set tenant-edge:hostDefaults.imageId to an Amazon Linux 2023 image of your region, or host.enabled to false",
      },
    ];
  });

const userDataFits: Rule = (stack) => {
  const { region } = stack;
  if (region === undefined) return [];
  return resolved(stack).flatMap(([index, tenant]): Problem[] => {
    if (tenant.host === undefined) return [];
    const bytes = Buffer.byteLength(
      renderUserData({
        region,
        parameterPath: tenant.names.parameterPath,
        hasBucket: tenant.bucket !== undefined,
        instanceType: tenant.host.instanceType,
        environment: tenant.host.environment,
      }),
    );
    if (bytes <= USER_DATA_LIMIT) return [];
    return [
      {
        path: formatPath(["tenants", index, "host", "environment"]),
        found: `variables that make ${bytes} bytes of user data`,
        allowed: `at most ${USER_DATA_LIMIT} bytes of user data (EC2's limit)`,
        action: "keep long values in the bucket or in a file of the image",
      },
    ];
  });
};

const withinLimits: Rule = ({ config: { limits }, tenants }) => {
  if (limits === undefined) return [];
  const all = [...tenants.values()];
  const needs = [
    { limit: "tunnels", needed: all.length, what: "tunnels" },
    {
      limit: "accountTokens",
      needed: all.filter(({ bucket }) => bucket.enabled).length,
      what: "tokens, one per bucket",
    },
    {
      limit: "dnsRecords",
      needed: all.reduce((sum, tenant) => sum + 1 + tenant.hostnames.length, 0),
      what: "records, one per hostname",
    },
  ] as const;
  return needs.flatMap(({ limit, needed, what }): Problem[] =>
    needed <= limits[limit]
      ? []
      : [
          {
            path: formatPath(["tenants"]),
            found: `${all.length} tenants that need ${needed} ${what}`,
            allowed: `at most ${limits[limit]} (tenant-edge:limits.${limit})`,
            action:
              "put tenants into another account's stack, or raise the limit here when Cloudflare has raised it for you",
          },
        ],
  );
};

export const RULES: readonly Rule[] = [
  uniqueIds,
  hostnames,
  uniqueBuckets,
  imagesPinned,
  userDataFits,
  networkComplete,
  zonesInRegion,
  distinctPlaces,
  blockBegins,
  keyInRegion,
  distinctTagKeys,
  withinLimits,
  lifecycleRules,
];
