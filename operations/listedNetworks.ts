/** Lists what may be left of this stack's network. */
import { because } from "../clients/failureText.ts";
import { kindOfCreation } from "../leftovers/network.ts";
import { describeLinks, type NetworkLink } from "../leftovers/networkLinks.ts";
import { type TaggedNetworks, taggedNetworks } from "../leftovers/networkListing.ts";
import type { PendingOperation, StackContents } from "../orphans/known.ts";
import type { Accounts } from "../orphans/source.ts";
import { Cloud, NetworkKind, TaggedKind } from "./choices.ts";
import type { Configuration } from "./context.ts";
import type { ResultOf } from "./contract.ts";

type Leftover = ResultOf<"repair">["leftovers"][number];

export interface ListedNetworks {
  tagged: TaggedNetworks;
  /** Of the route tables that this stack's state has; empty when no killed update explains any. */
  links: readonly NetworkLink[];
  /** What could not be listed. */
  failures: readonly Leftover[];
}

/** How AWS says in its services that a policy lacks something. */
const DENIED = new Set(["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"]);
const STATEMENT = "the statement Look of docs/aws-operations-policy.json allows it";

/** That a part of the network could not be looked at. */
export function notLookedAt(kind: NetworkKind, error: unknown): Leftover {
  const isDenied = error instanceof Error && DENIED.has(error.name);
  const detail = `AWS could not be asked about it: ${because(error)}${isDenied ? `; ${STATEMENT}` : ""}`;
  return { cloud: Cloud.Aws, kind, id: "", name: "of the network", tenant: "", outcome: "failed", detail };
}

/** Ids of a network's parts. */
const PART = /^(?:vpc|subnet|igw|eipalloc|nat|rtb)-/;

function mayHaveNetwork(
  { settings: { network }, tenants }: Configuration,
  contents: StackContents | undefined,
  interrupted: readonly PendingOperation[],
): boolean {
  const isListed = network.vpcId === undefined && network.stack === undefined;
  return (
    (isListed && tenants.some(({ needsNetwork }) => needsNetwork)) ||
    interrupted.some((one) => kindOfCreation(one) !== undefined) ||
    [...(contents?.resourceIds ?? [])].some((id) => PART.test(id))
  );
}

/**
 * To be called before states are read, as the other listings. Makes no call for a stack without a network of its own. What
 * cannot be listed is told, not thrown: tenants have leftovers, too.
 *
 * @param contents of this stack. @param interrupted what an update of it was doing that was killed.
 */
export async function listNetworks(
  accounts: Accounts,
  configuration: Configuration,
  contents: StackContents | undefined,
  interrupted: readonly PendingOperation[],
): Promise<ListedNetworks> {
  const failures: Leftover[] = [];
  const told = async <T>(kind: NetworkKind, otherwise: T, list: () => Promise<T>): Promise<T> => {
    try {
      return await list();
    } catch (error) {
      accounts.signal?.throwIfAborted();
      failures.push(notLookedAt(kind, error));
      return otherwise;
    }
  };
  const nothing: TaggedNetworks = new Map();
  if (!mayHaveNetwork(configuration, contents, interrupted)) return { tagged: nothing, links: [], failures };
  const tagged = await told(NetworkKind.Vpc, nothing, () => taggedNetworks(accounts));
  const creations = interrupted.map(kindOfCreation);
  const hasLinks =
    creations.includes(NetworkKind.Route) || creations.includes(NetworkKind.RouteTableAssociation);
  const tables = (tagged.get(TaggedKind.RouteTable) ?? []).filter((id) => contents?.resourceIds.has(id));
  const links = await told(NetworkKind.RouteTable, [], () => describeLinks(accounts, hasLinks ? tables : []));
  return { tagged, links, failures };
}
