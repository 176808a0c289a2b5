/**
 * Which parts of a network were left by a run that was killed, and which of them may go. They have no tenant: all that
 * tells whose they are is the environment's tag and the VPC in which they are.
 */
import { NetworkKind } from "../operations/choices.ts";
import { isSameStack, type PendingOperation, type StackContents } from "../orphans/known.ts";
import { NETWORK_KIND_OF } from "./kinds.ts";

/** A part of a network, as EC2 describes it. */
export interface NetworkThing {
  kind: NetworkKind;
  id: string;
  /** Its Name tag; the id when it has none. */
  name: string;
  /** In which it is, or to which it is attached. */
  vpcId?: string | undefined;
  /** What uses it: tables with a route to it, the interface with which it is associated. */
  users: readonly string[];
  /** Of a route, which has no id of its own. */
  route?: { tableId: string; destination: string };
  /** Of an endpoint: the last part of its service's name, `s3`. */
  service?: string;
}

export interface NetworkFacts {
  /** Physical ids in the state of this stack. */
  own: ReadonlySet<string>;
  /** Physical ids in the states of all stacks of the project. */
  known: ReadonlySet<string>;
  /** What an update of this stack was creating that was killed. */
  interrupted: ReadonlySet<NetworkKind>;
  /** Of which services it was creating an endpoint. */
  endpoints: ReadonlySet<string>;
  /** What other stacks are creating, or were: the name of one for each kind. */
  elsewhere: ReadonlyMap<NetworkKind, string>;
}

/** Before the service, in the name of an endpoint's resource: `components/networkEndpoints.ts`. */
const ENDPOINT = "-endpoint-";

/** The network's part of an unfinished creation; tenants have groups of their own. */
export function kindOfCreation({ action, tenant, type }: PendingOperation): NetworkKind | undefined {
  return action === "creating" && tenant === "" ? NETWORK_KIND_OF[type] : undefined;
}

/** @param interrupted what this stack was doing before the engine was made to forget it. */
export function networkFactsOf(
  stack: string,
  stacks: readonly StackContents[],
  interrupted: readonly PendingOperation[],
): NetworkFacts {
  const idsOf = (some: readonly StackContents[]) => new Set(some.flatMap((one) => [...one.resourceIds]));
  const others = stacks.filter((one) => !isSameStack(one.stack, stack));
  return {
    own: idsOf(stacks.filter((one) => isSameStack(one.stack, stack))),
    known: idsOf(stacks),
    interrupted: new Set(interrupted.flatMap((one) => kindOfCreation(one) ?? [])),
    endpoints: new Set(
      interrupted
        .filter((one) => kindOfCreation(one) === NetworkKind.VpcEndpoint && one.name.includes(ENDPOINT))
        .map(({ name }) => name.slice(name.lastIndexOf(ENDPOINT) + ENDPOINT.length)),
    ),
    elsewhere: new Map(
      others.flatMap((one) =>
        one.pending.flatMap((pending): [NetworkKind, string][] => {
          const kind = kindOfCreation(pending);
          return kind === undefined ? [] : [[kind, one.stack]];
        }),
      ),
    ),
  };
}

const OLDER =
  "the state may be older than it: no update is known that was killed while creating such a thing";

/**
 * Why one that no state has must stay; undefined when it is of no use to anybody. What is in a VPC of this stack is this
 * stack's. Of a VPC, an address and a gateway that is attached to nothing, AWS and their users tell; of subnets, tables
 * and groups, AWS refuses to delete what is in use. An endpoint it deletes at once, also one in use: only that goes whose
 * very resource was being created. The VPC cannot have a second one of the service, which then only this stack's next update
 * can need.
 */
export function reasonToKeepNetworkThing(thing: NetworkThing, facts: NetworkFacts): string | undefined {
  const { kind, vpcId, users, service = "" } = thing;
  if (!facts.interrupted.has(kind)) return OLDER;
  if (kind === NetworkKind.VpcEndpoint && !facts.endpoints.has(service)) return OLDER;
  const other = facts.elsewhere.get(kind);
  if (other !== undefined) return `it may be what an update of the stack ${other} is creating`;
  if (vpcId !== undefined && !facts.own.has(vpcId)) {
    return `it belongs to the VPC ${vpcId}, which this stack does not have`;
  }
  return users.length > 0 ? `it is in use by ${users.join(", ")}` : undefined;
}

/**
 * The resource that a thing in the state is, whose creation was interrupted before and then failed. With several NAT
 * gateways, resource and Name tag end alike: `network/exitNames.ts`.
 */
export function urnOfFailed(
  { kind, name }: NetworkThing,
  interrupted: readonly PendingOperation[],
): string | undefined {
  const creations = interrupted.filter((one) => kindOfCreation(one) === kind);
  if (kind !== NetworkKind.NatGateway) return creations[0]?.urn;
  const endOf = (text: string) => text.slice(text.lastIndexOf("-nat"));
  return creations.find((one) => endOf(one.name) === endOf(name))?.urn;
}
