/** Finds and removes what runs that were killed left of this stack's network. */
import { because } from "../clients/failureText.ts";
import { KEPT_ADVICE } from "../leftovers/finding.ts";
import {
  kindOfCreation,
  type NetworkFacts,
  type NetworkThing,
  reasonToKeepNetworkThing,
  urnOfFailed,
} from "../leftovers/network.ts";
import { REMOVAL_ORDER, removeNetworkThing } from "../leftovers/networkRemoval.ts";
import { type DescribedThing, describeThings } from "../leftovers/networkThings.ts";
import type { PendingOperation, StackContents } from "../orphans/known.ts";
import { type Accounts, Kept } from "../orphans/source.ts";
import { Cloud, TaggedKind } from "./choices.ts";
import type { ResultOf } from "./contract.ts";
import { type ListedNetworks, notLookedAt } from "./listedNetworks.ts";

type Leftover = ResultOf<"repair">["leftovers"][number];

/** Kinds that stay in the state when a creation fails half-way, because a leftover has their place. */
const HALF_MADE: ReadonlySet<TaggedKind> = new Set([TaggedKind.NatGateway, TaggedKind.InternetGateway]);

export interface NetworkDifferences {
  leftovers: Leftover[];
  /** Resources in the state that are not as it says: the engine has to look at them again. */
  changed: string[];
}

export interface NetworkSituation {
  /** From before the states were read. */
  listed: ListedNetworks;
  facts: NetworkFacts;
  /** What an update of this stack was doing that was killed, before the engine forgot it. */
  interrupted: readonly PendingOperation[];
  /** Why nothing may be removed at all; undefined when it may. */
  obstacle: string | undefined;
  /** False: only looks. */
  isRemoval: boolean;
  /** What this stack holds, now: asked right before each removal. */
  contents(): Promise<StackContents | undefined>;
}

/** What is to become of one. */
interface Fate {
  /** Why it stays; undefined when it goes. */
  reason?: string | undefined;
  /** Why it goes. */
  why?: string;
  /** The state has it. Default false. */
  isHeld?: boolean;
}

/** Makes no call for a network of which the states know everything. An error with one thing does not stop the others. */
export async function settleNetworkLeftovers(
  accounts: Accounts,
  situation: NetworkSituation,
): Promise<NetworkDifferences> {
  const { listed, facts, obstacle } = situation;
  const leftovers: Leftover[] = [...listed.failures];
  const changed: string[] = [];
  const add = async (thing: NetworkThing, fate: Fate) => {
    const leftover = await settle(accounts, thing, fate, situation);
    if (leftover !== undefined) leftovers.push(leftover);
  };
  for (const link of leftLinks(situation)) await add(link, {});
  for (const kind of REMOVAL_ORDER) {
    accounts.signal?.throwIfAborted();
    const ids = listed.tagged.get(kind) ?? [];
    try {
      const left = ids.filter((id) => !facts.known.has(id));
      for (const thing of await describe(accounts, kind, left)) {
        await add(thing, { reason: obstacle ?? reasonToKeepNetworkThing(thing, facts) });
      }
      for (const { thing, urn } of await halfMade(accounts, kind, situation)) {
        changed.push(urn);
        // A gateway that is attached to nothing is attached by the next update.
        if (kind === TaggedKind.NatGateway)
          await add(thing, { why: "its creation has failed", isHeld: true });
      }
    } catch (error) {
      accounts.signal?.throwIfAborted();
      leftovers.push(notLookedAt(kind, error));
    }
  }
  return { leftovers, changed };
}

/** Of own tables and to own things, as far as a killed update explains them: others may be somebody's own. */
function leftLinks({ listed, facts, obstacle }: NetworkSituation): NetworkThing[] {
  if (obstacle !== undefined) return [];
  return listed.links.filter(
    ({ kind, id, tableId, targetId }) =>
      facts.interrupted.has(kind) &&
      !facts.known.has(id) &&
      facts.own.has(tableId) &&
      facts.own.has(targetId),
  );
}

/** What the state has, and can never work as it is: a leftover had its place. */
async function halfMade(
  accounts: Accounts,
  kind: TaggedKind,
  { listed, facts, obstacle, interrupted }: NetworkSituation,
): Promise<{ thing: DescribedThing; urn: string }[]> {
  if (!HALF_MADE.has(kind) || !facts.interrupted.has(kind) || obstacle !== undefined) return [];
  const own = (listed.tagged.get(kind) ?? []).filter((id) => facts.own.has(id));
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

/** @returns undefined for what an update has made or deleted since, or may be just making. */
async function settle(
  accounts: Accounts,
  thing: NetworkThing,
  { reason, why = "no state has it", isHeld = false }: Fate,
  { isRemoval, contents }: NetworkSituation,
): Promise<Leftover | undefined> {
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
  if (reason !== undefined) return as("kept", `${reason}; ${KEPT_ADVICE}`);
  if (!isRemoval) return as("found", why);
  try {
    if (!isAsBefore(await contents(), id, isHeld)) return undefined;
    await removeNetworkThing(accounts, thing);
    return as("deleted", why);
  } catch (error) {
    accounts.signal?.throwIfAborted();
    if (error instanceof Kept) return as("kept", `${error.message}; ${KEPT_ADVICE}`);
    return as("failed", because(error));
  }
}

/** Another update may have made it since, as routes have the ids again that they had before; or need it for what it makes. */
function isAsBefore(contents: StackContents | undefined, id: string, isHeld: boolean): boolean {
  return (
    contents !== undefined &&
    contents.resourceIds.has(id) === isHeld &&
    contents.pending.every((one) => kindOfCreation(one) === undefined)
  );
}
