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
  /** Ids of the account's tunnels. */
  tunnels: ReadonlySet<string>;
  /** Those of them that are left: of our tenants, and in no state. By id, with the tenant. */
  leftTunnels: ReadonlyMap<string, string>;
  /** Tokens that are left, with their tenants. */
  leftTokens: readonly Candidate[];
  /** What this stack's state has and is there: kind and name. */
  present: ReadonlySet<string>;
  /** What an update was creating that was killed: kind and tenant. */
  interrupted: ReadonlySet<string>;
  /** When updates ran of which this stack's state does not tell. */
  lost: readonly TimeSpan[];
  /** Tunnels that were made then. */
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
  const explaining = {
    present: new Set(candidates.filter(({ id }) => own.has(id)).map(({ kind, name }) => keyOf(kind, name))),
    interrupted: new Set(creations.map(({ type, tenant }) => keyOf(KIND_OF[type], tenant))),
    ...lostIn(mine, candidates),
  };
  const strangers = candidates.filter(
    (one) => one.kind === OrphanKind.Instance && !known.has(one.id) && !isExplained(one, explaining),
  );
  const left = candidates.filter((one) => isLeft(one, { tenants, owners, known }));
  return {
    tenants,
    owners,
    hostnames: new Set(listed.flatMap(({ hostnames }) => hostnames)),
    own,
    known,
    tunnels: tunnelsIn(candidates),
    leftTunnels: new Map(
      left.flatMap(({ kind, id, tenant = "" }) => (kind === OrphanKind.Tunnel ? [[id, tenant]] : [])),
    ),
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

function tunnelsIn(candidates: readonly Candidate[]): Set<string> {
  return new Set(candidates.flatMap(({ kind, id }) => (kind === OrphanKind.Tunnel ? [id] : [])));
}

function lostIn(
  stacks: readonly StackContents[],
  candidates: readonly Candidate[],
): Pick<Facts, "lost" | "lostTunnels"> {
  const lost = stacks.flatMap((one) => one.lost ?? []);
  return { lost, lostTunnels: tunnelsIn(candidates.filter(({ createdAt }) => isWithin(lost, createdAt))) };
}

function isWithin(spans: readonly TimeSpan[], time: Date | undefined): boolean {
  return time !== undefined && spans.some(({ from, until }) => from <= time && time <= until);
}

/** Whether an update may have made it of which the state does not tell. EC2 does not tell the age of groups. */
function isLost(
  { createdAt, tunnelId = "" }: Candidate,
  facts: Pick<Facts, "lost" | "lostTunnels">,
): boolean {
  return isWithin(facts.lost, createdAt) || facts.lostTunnels.has(tunnelId);
}

/**
 * Whether a run is known to have made it: one was killed meanwhile, or a full disk has cut what the state told of it, or the
 * state has another of the very name.
 */
function isExplained(
  candidate: Candidate,
  facts: Pick<Facts, "present" | "interrupted" | "lost" | "lostTunnels">,
): boolean {
  const { kind, name, tenant = "" } = candidate;
  const { present, interrupted } = facts;
  return interrupted.has(keyOf(kind, tenant)) || present.has(keyOf(kind, name)) || isLost(candidate, facts);
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
      if (!facts.own.has(tunnelId) && facts.tunnels.has(tunnelId)) {
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
 * more likely another state's than leftovers.
 *
 * @param leftovers what would be removed, with its tenant. @param candidates everything with our mark.
 */
export function refusalOfUnexplained(
  leftovers: readonly Candidate[],
  candidates: readonly Candidate[],
  facts: Facts,
): { reason: string; leftovers: ReadonlySet<Candidate> } | undefined {
  const unexplained = leftovers.filter((one) => !isExplained(one, facts));
  const orphans = unexplained.map((candidate) => ({ candidate, reason: "", isYoung: false }));
  const reason = refusal(orphans, candidates, MOST_UNEXPLAINED);
  if (reason === undefined) return undefined;
  return { reason: `${reason}: the state may be older than the clouds`, leftovers: new Set(unexplained) };
}
