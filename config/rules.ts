/** Rules that look at more than one value: what a schema cannot say. Each is a pure function that returns problems. */
import { distinctTagKeys, keyInRegion } from "./awsRules.ts";
import { hostnameProblems } from "./hostnames.ts";
import {
  appsDistinct,
  cloudConfigMerges,
  containersReached,
  imagesPinned,
  userDataFits,
  variablesFree,
} from "./hostRules.ts";
import { lifecycleRules } from "./lifecycleRules.ts";
import { LIMITS, needsOf, sumOf } from "./limitNeeds.ts";
import { blockBegins, distinctPlaces, networkComplete, zonesInRegion } from "./networkRules.ts";
import { formatPath, type Problem, show } from "./problems.ts";
import { type Rule, resolvedTenants } from "./rule.ts";

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

const uniqueBuckets: Rule = (stack) => {
  const owners = new Map<string, string>();
  return resolvedTenants(stack).flatMap(([index, { id, bucket }]): Problem[] => {
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

const distinctGenerations: Rule = ({ tenants }) =>
  [...tenants].flatMap(([tenant, { bucket }]) =>
    bucket.keyGenerations.flatMap((generation, index): Problem[] =>
      bucket.keyGenerations.indexOf(generation) === index
        ? []
        : [
            {
              path: formatPath(["tenants", tenant, "bucket", "keyGenerations", index]),
              found: `${generation}, which is in the list before`,
              allowed: "each generation once, the current one last",
            },
          ],
    ),
  );

const uniqueHubs: Rule = ({ tenants }) => {
  const owners = new Map<string, string>();
  return [...tenants].flatMap(([index, { id, hubId }]): Problem[] => {
    if (hubId === undefined) return [];
    const owner = owners.get(hubId);
    owners.set(hubId, owner ?? id);
    if (owner === undefined || owner === id) return [];
    return [
      {
        path: formatPath(["tenants", index, "hubId"]),
        found: show(hubId),
        allowed: "a hub that no other tenant has",
        action: `it belongs to tenant ${owner}; remove it from one of the two`,
      },
    ];
  });
};

const keptInOrder: Rule = ({ tenants }) =>
  [...tenants].flatMap(([index, { disabled }]): Problem[] =>
    disabled === undefined || Date.parse(disabled.keepUntil) >= Date.parse(disabled.since)
      ? []
      : [
          {
            path: formatPath(["tenants", index, "disabled", "keepUntil"]),
            found: show(disabled.keepUntil),
            allowed: `a time not before since, ${disabled.since}`,
          },
        ],
  );

const withinLimits: Rule = ({ config: { limits }, tenants }) => {
  if (limits === undefined) return [];
  const needs = [...tenants.values()].map(needsOf);
  return LIMITS.flatMap(({ limit, what }): Problem[] => {
    const needed = sumOf(needs, limit);
    if (needed <= limits[limit]) return [];
    return [
      {
        path: formatPath(["tenants"]),
        found: `${needs.length} tenants that need ${needed} ${what}`,
        allowed: `at most ${limits[limit]} (tenant-edge:limits.${limit})`,
        action:
          "put tenants into another account's stack, or raise the limit here when Cloudflare has raised it for you",
      },
    ];
  });
};

const withinStack: Rule = ({ config: { environment = "<environment>", limits }, tenants }) =>
  limits === undefined || tenants.size <= limits.tenantsPerStack
    ? []
    : [
        {
          path: formatPath(["tenants"]),
          found: `${tenants.size} tenants`,
          allowed: `at most ${limits.tenantsPerStack} in one stack (tenant-edge:limits.tenantsPerStack): every step of an update writes the whole state`,
          action: `put some into another stack: \`tenant-edge add-shard --env ${environment}\` makes one, \`tenant-edge move\` brings tenants there (raise the limit for that time); or raise the limit for good`,
        },
      ];

export const RULES: readonly Rule[] = [
  uniqueIds,
  uniqueHubs,
  keptInOrder,
  hostnames,
  uniqueBuckets,
  imagesPinned,
  appsDistinct,
  containersReached,
  variablesFree,
  cloudConfigMerges,
  userDataFits,
  distinctGenerations,
  networkComplete,
  zonesInRegion,
  distinctPlaces,
  blockBegins,
  keyInRegion,
  distinctTagKeys,
  withinLimits,
  withinStack,
  lifecycleRules,
];
