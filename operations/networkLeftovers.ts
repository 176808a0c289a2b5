/** Finds and removes what runs that were killed left of this stack's network. */
import { because } from "../clients/failureText.ts";
import {
  type NetworkFacts,
  type NetworkThing,
  reasonToKeepNetworkThing,
  urnOfFailed,
} from "../leftovers/network.ts";
import { describeLinks } from "../leftovers/networkLinks.ts";
import type { TaggedNetworks } from "../leftovers/networkListing.ts";
import { REMOVAL_ORDER, removeNetworkThing } from "../leftovers/networkRemoval.ts";
import { type DescribedThing, describeThings } from "../leftovers/networkThings.ts";
import type { PendingOperation } from "../orphans/known.ts";
import { type Accounts, Kept } from "../orphans/source.ts";
import { Cloud, NetworkKind, TaggedKind } from "./choices.ts";
import type { ResultOf } from "./contract.ts";

type Leftover = ResultOf<"repair">["leftovers"][number];

/** Kinds that stay in the state when a creation fails half-way, because a leftover has their place. */
const HALF_MADE: ReadonlySet<TaggedKind> = new Set([TaggedKind.NatGateway, TaggedKind.InternetGateway]);
const ADVICE = "if nobody needs it, delete it by hand";

export interface NetworkDifferences {
  leftovers: Leftover[];
  /** Resources in the state that are not as it says: the engine has to look at them again. */
  changed: string[];
}

export interface NetworkSituation {
  tagged: TaggedNetworks;
  facts: NetworkFacts;
  /** What an update of this stack was doing that was killed, before the engine forgot it. */
  interrupted: readonly PendingOperation[];
  /** Why nothing may be removed at all; undefined when it may. */
  obstacle: string | undefined;
  /** False: only looks. */
  isRemoval: boolean;
}

/** Makes no call for a network of which the states know everything. An error with one thing does not stop the others. */
export async function settleNetworkLeftovers(
  accounts: Accounts,
  situation: NetworkSituation,
): Promise<NetworkDifferences> {
  const { tagged, facts, obstacle } = situation;
  const leftovers: Leftover[] = [];
  const changed: string[] = [];
  for (const link of await leftLinks(accounts, situation)) {
    leftovers.push(await settle(accounts, link, undefined, situation.isRemoval));
  }
  for (const kind of REMOVAL_ORDER) {
    accounts.signal?.throwIfAborted();
    const ids = tagged.get(kind) ?? [];
    const left = ids.filter((id) => !facts.known.has(id));
    for (const thing of await describe(accounts, kind, left)) {
      const reason = obstacle ?? reasonToKeepNetworkThing(thing, facts);
      leftovers.push(await settle(accounts, thing, reason, situation.isRemoval));
    }
    for (const { thing, urn } of await halfMade(accounts, kind, situation)) {
      changed.push(urn);
      // A gateway that is attached to nothing is attached by the next update.
      if (kind === TaggedKind.NatGateway) {
        leftovers.push(
          await settle(accounts, thing, undefined, situation.isRemoval, "its creation has failed"),
        );
      }
    }
  }
  return { leftovers, changed };
}

/** Of own tables, as far as a killed update explains them: others may be somebody's own. */
async function leftLinks(
  accounts: Accounts,
  { tagged, facts, obstacle }: NetworkSituation,
): Promise<NetworkThing[]> {
  const isExplained = (kind: NetworkKind) => facts.interrupted.has(kind);
  const hasAny = isExplained(NetworkKind.Route) || isExplained(NetworkKind.RouteTableAssociation);
  if (!hasAny || obstacle !== undefined) return [];
  const tables = (tagged.get(TaggedKind.RouteTable) ?? []).filter((id) => facts.own.has(id));
  const links = await describeLinks(accounts, tables, facts.own);
  return links.filter(({ kind, id }) => isExplained(kind) && !facts.known.has(id));
}

/** What the state has, and can never work as it is: a leftover had its place. */
async function halfMade(
  accounts: Accounts,
  kind: TaggedKind,
  { tagged, facts, obstacle, interrupted }: NetworkSituation,
): Promise<{ thing: DescribedThing; urn: string }[]> {
  if (!HALF_MADE.has(kind) || !facts.interrupted.has(kind) || obstacle !== undefined) return [];
  const own = (tagged.get(kind) ?? []).filter((id) => facts.own.has(id));
  return (await describe(accounts, kind, own)).flatMap((thing) => {
    const urn = thing.isBroken ? urnOfFailed(thing, interrupted) : undefined;
    return urn === undefined ? [] : [{ thing, urn }];
  });
}

async function describe(
  accounts: Accounts,
  kind: TaggedKind,
  ids: readonly string[],
): Promise<DescribedThing[]> {
  return ids.length === 0 ? [] : await describeThings(accounts, kind, ids);
}

async function settle(
  accounts: Accounts,
  thing: NetworkThing,
  reason: string | undefined,
  isRemoval: boolean,
  why = "no state has it",
): Promise<Leftover> {
  const { kind, id, name } = thing;
  const as = (outcome: Leftover["outcome"], detail: string): Leftover => ({
    cloud: Cloud.Aws,
    kind,
    id,
    name,
    tenant: "",
    outcome,
    detail,
  });
  if (reason !== undefined) return as("kept", `${reason}; ${ADVICE}`);
  if (!isRemoval) return as("found", why);
  try {
    await removeNetworkThing(accounts, thing);
    return as("deleted", why);
  } catch (error) {
    accounts.signal?.throwIfAborted();
    if (error instanceof Kept) return as("kept", `${error.message}; ${ADVICE}`);
    return as("failed", because(error));
  }
}
