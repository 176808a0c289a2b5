/** From a stack's configuration to what replaces things of a tenant. */
import { createHash } from "node:crypto";
import { appUrl } from "../host/app.ts";
import { renderUserData } from "../host/userData.ts";
import { type Holdings, Kind } from "../lifecycle/holdings.ts";
import { hostNames } from "../naming/names.ts";
import { DEFAULT_CIDR_BLOCK } from "../network/defaults.ts";
import { placements } from "../network/placement.ts";
import type { LoadedStack } from "./load.ts";
import type { ResolvedTenant } from "./tenants.ts";
import { zonesOf } from "./zones.ts";

const DIGEST_LENGTH = 12;

/** As it stands in a stack's outputs in the place of the user data. */
export function userDataDigest(userData: string): string {
  return createHash("sha256").update(userData).digest("hex").slice(0, DIGEST_LENGTH);
}

/** What a subnet is to a host: another one of these is another subnet, whose id only the engine knows. */
function subnets({ network, region }: Pick<LoadedStack, "network" | "region">): string[] {
  const { cidrBlock = DEFAULT_CIDR_BLOCK, privateSubnetIds } = network;
  return privateSubnetIds ?? zonesOf(network, region).map((zone) => `${zone} of ${cidrBlock}`);
}

function hostHoldings(stack: LoadedStack, { id, host, bucket, names, origin }: ResolvedTenant) {
  if (host === undefined) return {};
  const { imageId = "", instanceType, rootVolumeGiB, replicas } = host;
  const places = subnets(stack);
  return Object.fromEntries(
    placements(id, places.length, replicas).map((place, index) => {
      const userData = renderUserData({
        ...host,
        region: stack.region,
        parameterPath: names.parameterPath,
        reportParameter: hostNames(stack.environment, id, index + 1).reportParameter,
        hasBucket: bucket !== undefined && bucket.keyGenerations.length > 0,
        appUrl: appUrl(host.app, origin.service),
      });
      const values = {
        image: imageId,
        type: instanceType,
        volumeGiB: rootVolumeGiB,
        subnet: places[place] ?? "",
        userData: userDataDigest(userData),
      };
      return [String(index + 1), values];
    }),
  );
}

/**
 * The account, the zone and the environment are not among the values: they cannot change. So a tunnel is never replaced,
 * nor is the record of the tenant's own hostname, which is changed in place.
 */
export function holdingsOf(stack: LoadedStack, tenant: ResolvedTenant): Holdings {
  const { bucket, hostnames } = tenant;
  const [, ...further] = hostnames;
  return {
    [Kind.Record]: Object.fromEntries(further.map((hostname) => [hostname, {}])),
    [Kind.Bucket]: bucket === undefined ? {} : { [bucket.name]: { jurisdiction: bucket.jurisdiction } },
    [Kind.Token]: Object.fromEntries((bucket?.keyGenerations ?? []).map((generation) => [generation, {}])),
    [Kind.Host]: hostHoldings(stack, tenant),
  };
}
