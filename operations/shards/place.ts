/** Where a new tenant goes: to which stack of its environment. Pure. */
import { LIMITS, type Limit, type Needs, sumOf } from "../../config/limitNeeds.ts";
import type { Shard, ShardTenant } from "../../environment/shard.ts";
import { ErrorCode, OperationError } from "../errors.ts";

/** Of a tenant that a stack has or is about to have, what counts. */
export type PlacedTenant = Pick<ShardTenant, "id" | "hubId" | "needs">;

/** A stack that a tenant may go to. */
export interface Place {
  stack: string;
  /** `aws:region` of its file. */
  region: string | undefined;
  /** Name of its zone. */
  zoneName: string;
  /** What keeps it from running at all; undefined when its settings are right. */
  problem?: string | undefined;
  shard: Pick<Shard, "account" | "zone" | "limits"> & { tenants: readonly PlacedTenant[] };
}

/** A tenant that is to be enrolled. */
export interface Wanted extends PlacedTenant {
  /** A hostname in full. Default: any in any zone. */
  hostname?: string | undefined;
  /** Default: the one of all stacks, when they are in one. */
  region?: string | undefined;
}

function zonesWith(places: readonly Place[], hostname: string): Place[] {
  const within = places.filter(({ zoneName }) => hostname === zoneName || hostname.endsWith(`.${zoneName}`));
  // Of a zone and one inside of it, the inner one answers for the name.
  const longest = Math.max(...within.map(({ zoneName }) => zoneName.length));
  return within.filter(({ zoneName }) => zoneName.length === longest);
}

/** Where data lives is no accident: also when the stacks of all regions but one are full, nobody chooses that one. */
function inRegion(places: readonly Place[], environment: string, region: string | undefined): Place[] {
  const found = [...new Set(places.map((place) => place.region))];
  const isIn = places.filter((place) =>
    region === undefined ? found.length === 1 : place.region === region,
  );
  if (isIn.length > 0) return isIn;
  const what =
    region === undefined
      ? `the stacks of ${environment} are in ${found.length} regions, and none is named`
      : `no stack of ${environment} that the tenant may go to is in ${region}`;
  const message = `found ${region === undefined ? "nothing" : `"${region}"`}; allowed: ${found.join(", ")}`;
  throw new OperationError(ErrorCode.InvalidInput, `${what}: ${found.join(", ")}`, {
    problems: [{ path: "awsRegion", message }],
    ways: [
      "name the region that the tenant's host and parameters are to be in: --region",
      ...(region === undefined ? [] : [`or make a stack there: tenant-edge add-shard --env ${environment}`]),
    ],
  });
}

interface Quota {
  limit: Limit;
  what: string;
  used: number;
  most: number;
  whose: string;
}

/** The limits of the account and of the zone that the stack is in, over all stacks that share them. */
function quotasOf({ shard }: Place, places: readonly Place[]): Quota[] {
  return LIMITS.map(({ limit, per, what }) => {
    const sharing = places.flatMap((other) => (other.shard[per] === shard[per] ? [other.shard] : []));
    const needs = sharing.flatMap(({ tenants }) => tenants.map((tenant) => tenant.needs));
    const most = Math.min(...sharing.map(({ limits }) => limits[limit]));
    return { limit, what, used: sumOf(needs, limit), most, whose: `${per} ${shard[per]}` };
  });
}

function passed(quotas: readonly Quota[], needs: Needs): Quota | undefined {
  return quotas.find(({ limit, used, most }) => used + needs[limit] > most);
}

interface Room {
  place: Place;
  isFull: boolean;
  quota: Quota | undefined;
}

/** @param broken stacks that were not considered. */
function refuseFull(
  rooms: readonly Room[],
  broken: readonly Place[],
  environment: string,
  id: string,
): never {
  const counted = rooms.map(({ place: { stack, region, shard }, quota }) => {
    const { tenants, limits } = shard;
    const count = `${stack} (${region}) has ${tenants.length} of ${limits.tenantsPerStack} tenants`;
    return quota === undefined
      ? count
      : `${count}; its ${quota.whose} uses ${quota.used} of ${quota.most} ${quota.what} (tenant-edge:limits.${quota.limit})`;
  });
  const lines = [...counted, ...broken.map(({ stack, problem }) => `${stack} cannot run: ${problem}`)];
  const byQuota = rooms.filter(({ quota }) => quota !== undefined);
  throw new OperationError(
    ErrorCode.NameTaken,
    `no stack of ${environment} has room for ${id}:\n  ${lines.join("\n  ")}`,
    {
      ways: [
        ...(byQuota.length < rooms.length
          ? [`tenant-edge add-shard --env ${environment} makes another stack`]
          : []),
        ...(broken.length > 0 ? ["mend the stack files that cannot run"] : []),
        ...(byQuota.length > 0
          ? [
              "make a stack of another account or zone, or raise the limit in each file when Cloudflare has raised it for you",
            ]
          : []),
      ],
    },
  );
}

/**
 * The stack that a tenant goes to. One that a stack has already goes there. A new one goes to the first stack, in order,
 * that has room: stacks are filled one after the other, so that the last one alone changes from day to day. A stack whose
 * settings are wrong is passed over.
 *
 * @param places in order.
 * @throws OperationError invalid-input when the stacks are in several regions and none is named, or none of them in the
 * one that is; name-taken when no stack has room.
 */
export function place(places: readonly Place[], environment: string, wanted: Wanted): string {
  const { id, hubId, hostname, region, needs } = wanted;
  const having = (is: (tenant: PlacedTenant) => boolean) =>
    places.find(({ shard }) => shard.tenants.some(is));
  const present =
    having((tenant) => tenant.id === id) ?? having((tenant) => hubId !== undefined && tenant.hubId === hubId);
  if (present !== undefined) return present.stack;

  const zoned = hostname === undefined ? [] : zonesWith(places, hostname);
  const pool = zoned.length > 0 ? zoned : places;
  const [right, broken] = [pool.filter((one) => !one.problem), pool.filter((one) => one.problem)];
  const candidates = right.length === 0 ? [] : inRegion(right, environment, region);
  const rooms = candidates.map((candidate): Room => {
    const { tenants, limits } = candidate.shard;
    return {
      place: candidate,
      isFull: tenants.length >= limits.tenantsPerStack,
      quota: passed(quotasOf(candidate, places), needs),
    };
  });
  const free = rooms.find(({ isFull, quota }) => !isFull && quota === undefined);
  return free?.place.stack ?? refuseFull(rooms, broken, environment, id);
}
