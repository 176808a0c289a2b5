/** Which of the things that carry our mark were left by a run that was killed, though their tenant is there. */
import type { ResolvedTenant } from "../config/tenants.ts";
import { hostNames, tenantNames } from "../naming/names.ts";
import { REPLICA_LIMIT } from "../network/placement.ts";
import { OrphanKind } from "../operations/choices.ts";
import { type Candidate, refusal } from "../orphans/decide.ts";
import { isSameStack, type PendingOperation, type StackContents, type TimeSpan } from "../orphans/known.ts";
import { tenantsOf } from "./elsewhere.ts";
import { KIND_OF } from "./kinds.ts";

/** So many are removed without a killed update that explains them. */
const MOST_UNEXPLAINED = 10;

/** What decides about leftovers. */
export interface Facts {
  /** Tenants that this stack has, or should have, and no other stack of the project has. */
  tenants: ReadonlySet<string>;
  /** Their buckets' and roles' names, because they may be cut or chosen, and then do not tell their tenant. */
  owners: ReadonlyMap<string, string>;
  /** Hostnames of the list, which the next update makes. */
  hostnames: ReadonlySet<string>;
  /** Physical ids in the state of this stack. */
  own: ReadonlySet<string>;
  /** Physical ids in the states of all stacks of the project. */
  known: ReadonlySet<string>;
  /** Tunnels that this account has deleted, and those that go as well. */
  goneTunnels: ReadonlySet<string>;
  /** Tunnels that are left: of our tenants, and in no state. By id. */
  leftTunnels: ReadonlyMap<string, Candidate>;
  /** Tokens that are left, with their tenants. */
  leftTokens: readonly Candidate[];
  /** What this stack's state has and is there: kind and name. */
  present: ReadonlySet<string>;
  /** What an update was creating that was killed: kind and tenant. */
  interrupted: ReadonlySet<string>;
  /** When updates ran of which this stack's state does not tell. */
  lost: readonly TimeSpan[];
  /** Those of the tunnels that are left that were made then. */
  lostTunnels: ReadonlySet<string>;
  /** Tenants with a host in this stack's state that is not there, or one that nothing explains: the state may be older. */
  outdated: ReadonlySet<string>;
}

const keyOf = (kind: OrphanKind | undefined, name: string) => `${kind} ${name}`;

/**
 * @param listed the tenant list. @param candidates everything with our mark.
 * @param interrupted what this stack was doing before the engine was made to forget it.
 */
export function factsOf(
  environment: string,
  stack: string,
  listed: readonly Pick<ResolvedTenant, "id" | "hostnames">[],
  stacks: readonly StackContents[],
  candidates: readonly Candidate[],
  interrupted: readonly PendingOperation[],
): Facts {
  const mine = stacks.filter((one) => isSameStack(one.stack, stack));
  const others = stacks.filter((one) => !isSameStack(one.stack, stack));
  const elsewhere = new Set(others.flatMap((one) => tenantsOf(environment, one)));
  const ids = [...listed.map(({ id }) => id), ...mine.flatMap((one) => tenantsOf(environment, one))];
  const tenants = new Set(ids.filter((id) => !elsewhere.has(id)));
  const owners = new Map<string, string>();
  for (const id of tenants) {
    owners.set(tenantNames(environment, id).bucket, id);
    for (let replica = 1; replica <= REPLICA_LIMIT; replica += 1) {
      owners.set(hostNames(environment, id, replica).role, id);
    }
  }
  for (const { deployed } of mine) {
    for (const [id, { bucket }] of deployed.tenants) if (bucket !== null) owners.set(bucket, id);
  }
  const own = new Set(mine.flatMap(({ resourceIds }) => [...resourceIds]));
  const there = new Set(candidates.map(({ id }) => id));
  const hosts = mine.flatMap(({ held }) => held).filter(({ type }) => KIND_OF[type] === OrphanKind.Instance);
  const creations = interrupted.filter(({ action }) => action === "creating");
  const known = new Set(stacks.flatMap(({ resourceIds }) => [...resourceIds]));
  const left = candidates.filter((one) => isLeft(one, { tenants, owners, known }));
  const explaining = {
    present: new Set(candidates.filter(({ id }) => own.has(id)).map(({ kind, name }) => keyOf(kind, name))),
    interrupted: new Set(creations.map(({ type, tenant }) => keyOf(KIND_OF[type], tenant))),
    ...lostIn(mine, left),
  };
  const strangers = candidates.filter(
    (one) => one.kind === OrphanKind.Instance && !known.has(one.id) && !isExplained(one, explaining),
  );
  return {
    tenants,
    owners,
    hostnames: new Set(listed.flatMap(({ hostnames }) => hostnames)),
    own,
    known,
    goneTunnels: new Set(),
    leftTunnels: new Map(left.flatMap((one) => (one.kind === OrphanKind.Tunnel ? [[one.id, one]] : []))),
    leftTokens: left
      .filter(({ kind }) => kind === OrphanKind.Token)
      .map((token) => ({ ...token, tenant: token.tenant ?? owners.get(token.key?.bucket ?? "") })),
    ...explaining,
    outdated: new Set([
      ...hosts.flatMap(({ id, tenant }) => (there.has(id) ? [] : [tenant])),
      ...strangers.flatMap(({ tenant = "" }) => [tenant]),
    ]),
  };
}

/** Of one of our tenants, and in no state of the project. */
export function isLeft(
  { id, name, tenant, key }: Candidate,
  { known, tenants, owners }: Pick<Facts, "known" | "tenants" | "owners">,
): boolean {
  if (known.has(id)) return false;
  const owner = tenant ?? owners.get(key?.bucket ?? name);
  return owner !== undefined && tenants.has(owner);
}

function lostIn(
  stacks: readonly StackContents[],
  left: readonly Candidate[],
): Pick<Facts, "lost" | "lostTunnels"> {
  const lost = stacks.flatMap((one) => one.lost ?? []);
  const tunnels = left.filter(
    ({ kind, createdAt }) => kind === OrphanKind.Tunnel && isWithin(lost, createdAt),
  );
  return { lost, lostTunnels: new Set(tunnels.map(({ id }) => id)) };
}

function isWithin(spans: readonly TimeSpan[], time: Date | undefined): boolean {
  return time !== undefined && spans.some(({ from, until }) => from <= time && time <= until);
}

/** These have no tunnel that tells when they were made. */
const BY_AGE: ReadonlySet<OrphanKind> = new Set([OrphanKind.Tunnel, OrphanKind.Bucket, OrphanKind.Token]);

/**
 * Whether an update may have made it of which the state does not tell. A host, and what it needs, only with its tunnel: one
 * that was made then for a tunnel of the state may be in use.
 */
function isLost(
  { kind, createdAt, tunnelId = "" }: Candidate,
  { lost, lostTunnels }: Pick<Facts, "lost" | "lostTunnels">,
): boolean {
  return BY_AGE.has(kind) ? isWithin(lost, createdAt) : lostTunnels.has(tunnelId);
}

/** A run is known that was killed while making it, or the state has another of the very name. */
function isOfKilled(
  { kind, name, tenant = "" }: Candidate,
  { present, interrupted }: Pick<Facts, "present" | "interrupted">,
): boolean {
  return interrupted.has(keyOf(kind, tenant)) || present.has(keyOf(kind, name));
}

/**
 * Whether a run is known to have made it: one was killed meanwhile, or a full disk has cut what the state told of it, or the
 * state has another of the very name.
 */
export function isExplained(
  candidate: Candidate,
  facts: Pick<Facts, "present" | "interrupted" | "lost" | "lostTunnels">,
): boolean {
  return isOfKilled(candidate, facts) || isLost(candidate, facts);
}

const OLDER = "the state may be older than it: no update is known that was killed while creating it";

/**
 * Why it has to stay, though it is left; undefined when it is of no use to anybody. A state that is older than the clouds,
 * from a backup, lacks what is in use. Tunnels, and buckets with objects or keys, have rules of their own.
 *
 * @param candidate with its tenant.
 */
export function reasonToKeep(candidate: Candidate, facts: Facts): string | undefined {
  const { kind, key, tunnelId, lastUsedAt } = candidate;
  switch (kind) {
    case OrphanKind.Bucket:
      return undefined;
    case OrphanKind.Token:
      if (!hasOrHad(facts, candidate, key?.bucket ?? "")) return "this stack does not have its bucket";
      if (lastUsedAt !== undefined) return `it was last used at ${lastUsedAt.toISOString()}`;
      return isExplained(candidate, facts) ? undefined : OLDER;
    default:
      if (tunnelId === undefined) return "it does not tell for which tunnel it was made";
      if (!facts.own.has(tunnelId) && !facts.goneTunnels.has(tunnelId)) {
        return `it was made for the tunnel ${tunnelId}, which this stack does not have`;
      }
      return reasonToKeepForOwnTunnel(candidate, facts);
  }
}

/** Whether the bucket of a token is, or was, this stack's. */
function hasOrHad(facts: Facts, token: Candidate, bucket: string): boolean {
  return facts.own.has(bucket) || (!facts.known.has(bucket) && isLost(token, facts));
}

function reasonToKeepForOwnTunnel(candidate: Candidate, facts: Facts): string | undefined {
  const { kind, name, tenant = "" } = candidate;
  if (kind === OrphanKind.Record) {
    const isNext = facts.hostnames.has(name) && !isExplained(candidate, facts);
    return isNext ? "the list has its hostname: the next update makes it anew" : undefined;
  }
  if (kind === OrphanKind.Instance && !isExplained(candidate, facts)) return OLDER;
  return facts.outdated.has(tenant)
    ? "the state may be older than it: the tenant's hosts are others"
    : undefined;
}

/**
 * Why none of these is removed but those that a killed update explains; undefined when all may be. So many differences are
 * more likely another state's than leftovers. What goes with a lost tunnel is not counted beside it.
 *
 * @param leftovers all that is left, also what stays, with its tenant. @param candidates everything with our mark.
 */
export function refusalOfUnexplained(
  leftovers: readonly Candidate[],
  candidates: readonly Candidate[],
  facts: Facts,
): { reason: string; leftovers: ReadonlySet<Candidate> } | undefined {
  const unexplained = leftovers.filter((one) => !isOfKilled(one, facts));
  const counted = unexplained.filter(({ tunnelId = "" }) => !facts.lostTunnels.has(tunnelId));
  const orphans = counted.map((candidate) => ({ candidate, reason: "", isYoung: false }));
  const reason = refusal(orphans, candidates, MOST_UNEXPLAINED);
  if (reason === undefined) return undefined;
  return { reason: `${reason}: the state may be older than the clouds`, leftovers: new Set(unexplained) };
}
