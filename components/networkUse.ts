/** Keeps a network in which hosts of other stacks live. */
import { ResourceType } from "../naming/resourceTypes.ts";
import type { Deletion } from "./deletionGuard.ts";

/** Tenants that a refusal names of each stack, at most. */
const SHOWN = 10;

/** A tenant of another stack that has hosts there. */
export interface NetworkUser {
  stack: string;
  tenant: string;
  /** Where its hosts are; null when that stack does not tell. */
  subnetIds: readonly string[] | null;
}

/** What the program knows when something is deleted. */
export interface NetworkUse {
  users(): Promise<readonly NetworkUser[]>;
  /** Whether the program still makes a network of its own. */
  isKept: boolean;
}

export class NetworkInUseError extends Error {
  constructor(users: readonly NetworkUser[], isPreview: boolean) {
    const stacks = Object.entries(Object.groupBy(users, ({ stack }) => stack));
    const lines = stacks.map(([stack, own = []]) => {
      const names = own.slice(0, SHOWN).map(({ tenant }) => tenant);
      const more = own.length > SHOWN ? ` and ${own.length - SHOWN} more` : "";
      return `  ${stack}: ${names.join(", ")}${more}`;
    });
    const [[first] = [""]] = stacks;
    super(`hosts of other stacks live in the network of this one; ${isPreview ? "nothing was changed" : "this was kept"}.

${lines.join("\n")}

Take them out first: pulumi destroy --stack ${first}, or another tenant-edge:network in Pulumi.${first}.yaml and
pulumi up --stack ${first}. When the network only loses a zone, write vpcId and the other privateSubnetIds there meanwhile.
`);
    this.name = "NetworkInUseError";
  }
}

/**
 * Refuses what would take their network away: all that a destroy deletes, whatever it is; every part of a network that the
 * program has no more, because its ways out would go first; else the VPC, the subnets in
 * which they are, and those' associations with a route table, which go before them.
 *
 * @param deletion with the subnet of a route table's association. @param liveId id of the resource that the program has under the URN; undefined when it has none, or not yet.
 * @throws NetworkInUseError, which keeps the resource and fails a preview.
 */
export async function refuseNetworkLoss(
  { users, isKept }: NetworkUse,
  { id, type, subnetId }: Pick<Deletion, "id" | "type"> & { subnetId: string | undefined },
  liveId: string | undefined,
  isPreview: boolean,
): Promise<void> {
  const isAllLost = liveId === id || !isKept || type === ResourceType.vpc;
  const lost = type === ResourceType.subnet ? id : subnetId;
  if (!isAllLost && lost === undefined) return;
  const isLosing = ({ subnetIds }: NetworkUser) =>
    isAllLost || lost === undefined || subnetIds === null || subnetIds.includes(lost);
  const losing = (await users()).filter(isLosing);
  if (losing.length > 0) throw new NetworkInUseError(losing, isPreview);
}
