/** Rules that look at more than one value: what a schema cannot say. Each is a pure function that returns problems. */
import { renderUserData, USER_DATA_LIMIT } from "../host/userData.ts";
import { hostnameProblems } from "./hostnames.ts";
import { formatPath, type Problem, show } from "./problems.ts";
import type { StackConfig, TenantConfig } from "./schema.ts";
import { type ResolvedTenant, resolveTenant, type TenantDefaults } from "./tenants.ts";

/** What could be parsed of a stack file, so that its rules can be checked beside the errors of the rest. */
export interface ParsedStack {
  config: Partial<Omit<StackConfig, "tenants">>;
  /** Valid entries of the tenant list by their position. */
  tenants: ReadonlyMap<number, TenantConfig>;
  region: string | undefined;
}

type Rule = (stack: ParsedStack) => Problem[];

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

const networkComplete: Rule = ({ config: { network } }) => {
  if (network === undefined) return [];
  const existing = (["vpcId", "privateSubnetIds"] as const).filter((key) => network[key] !== undefined);
  const created = (["cidrBlock", "availabilityZones"] as const).filter((key) => network[key] !== undefined);
  if (existing.length === 0) return [];
  const problems: Problem[] = [];
  for (const key of ["vpcId", "privateSubnetIds"] as const) {
    if (network[key] === undefined) {
      problems.push({
        path: formatPath(["network", key]),
        found: "nothing",
        allowed: "both vpcId and privateSubnetIds for an existing network, or neither for a new one",
        action: `add it, or remove ${existing.join(" and ")}`,
      });
    }
  }
  for (const key of created) {
    problems.push({
      path: formatPath(["network", key]),
      found: show(network[key]),
      allowed: "nothing when vpcId and privateSubnetIds name an existing network",
      action: "remove it",
    });
  }
  return problems;
};

const zonesInRegion: Rule = ({ config: { network }, region }) =>
  (network?.availabilityZones ?? []).flatMap((zone, index): Problem[] =>
    region === undefined || zone.startsWith(region)
      ? []
      : [
          {
            path: formatPath(["network", "availabilityZones", index]),
            found: show(zone),
            allowed: `a zone of ${region} (aws:region), for example ${region}a`,
          },
        ],
  );

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

const lifecycleRules: Rule = ({ tenants }) =>
  [...tenants].flatMap(([index, { bucket }]) => {
    const seen = new Set<string>();
    return (bucket.lifecycleRules ?? []).flatMap((rule, position): Problem[] => {
      const path = ["tenants", index, "bucket", "lifecycleRules", position] as const;
      const problems: Problem[] = [];
      if (seen.has(rule.id)) {
        problems.push({
          path: formatPath([...path, "id"]),
          found: show(rule.id),
          allowed: "an id that no other rule has",
        });
      }
      seen.add(rule.id);
      const actions = [rule.expireAfterDays, rule.infrequentAccessAfterDays, rule.abortMultipartAfterDays];
      if (actions.every((days) => days === undefined)) {
        problems.push({
          path: formatPath(path),
          found: "a rule that does nothing",
          allowed: "at least one of expireAfterDays, infrequentAccessAfterDays, abortMultipartAfterDays",
        });
      }
      return problems;
    });
  });

export const RULES: readonly Rule[] = [
  uniqueIds,
  hostnames,
  uniqueBuckets,
  imagesPinned,
  userDataFits,
  networkComplete,
  zonesInRegion,
  withinLimits,
  lifecycleRules,
];
