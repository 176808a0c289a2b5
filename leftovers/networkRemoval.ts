/** Removes parts of a network, each as AWS allows it: what is in use stays. */
import type { EC2Client } from "@aws-sdk/client-ec2";
import pRetry from "p-retry";
import { NetworkKind, TaggedKind } from "../operations/choices.ts";
import { options } from "../orphans/awsCall.ts";
import { type Accounts, Kept } from "../orphans/source.ts";
import type { NetworkThing } from "./network.ts";

/** What uses another is removed before it; routes and associations of tables that stay are removed first of all. */
export const REMOVAL_ORDER: readonly TaggedKind[] = [
  TaggedKind.VpcEndpoint,
  TaggedKind.NatGateway,
  TaggedKind.ElasticIp,
  TaggedKind.InternetGateway,
  TaggedKind.Subnet,
  TaggedKind.RouteTable,
  TaggedKind.SecurityGroup,
  TaggedKind.Vpc,
];

/** Seconds. A NAT gateway is deleted in a minute or two, and has its address until then. */
const NAT_PATIENCE = { maxWaitTime: 600, minDelay: 0.25, maxDelay: 10 };
/** Of an endpoint with interfaces, which keeps others out of its service's name until it is deleted. */
const ENDPOINT_PATIENCE = { retries: 60, minTimeout: 250, factor: 2, maxTimeout: 10_000 };

const GONE = new Set([
  "InvalidAllocationID.NotFound",
  "InvalidAssociationID.NotFound",
  "InvalidGroup.NotFound",
  "InvalidInternetGatewayID.NotFound",
  "InvalidRoute.NotFound",
  "InvalidRouteTableID.NotFound",
  "InvalidSubnetID.NotFound",
  "InvalidVpcEndpoint.NotFound",
  "InvalidVpcID.NotFound",
  "NatGatewayNotFound",
]);
const IN_USE = new Set(["DependencyViolation", "InvalidIPAddress.InUse"]);

type Ec2 = typeof import("@aws-sdk/client-ec2");
type More = { abortSignal?: AbortSignal };
type Remove = (ec2: Ec2, client: EC2Client, thing: NetworkThing, more: More) => Promise<unknown>;

const REMOVE: Readonly<Record<Exclude<NetworkKind, "vpc-endpoint">, Remove>> = {
  async [NetworkKind.NatGateway](ec2, client, { id }, more) {
    await client.send(new ec2.DeleteNatGatewayCommand({ NatGatewayId: id }), more);
    const waiting = { client, ...NAT_PATIENCE, ...more };
    await ec2.waitUntilNatGatewayDeleted(waiting, { NatGatewayIds: [id] });
  },
  [NetworkKind.ElasticIp]: ({ ReleaseAddressCommand }, client, { id }, more) =>
    client.send(new ReleaseAddressCommand({ AllocationId: id }), more),
  async [NetworkKind.InternetGateway](ec2, client, { id, vpcId }, more) {
    const gateway = { InternetGatewayId: id };
    if (vpcId !== undefined)
      await client.send(new ec2.DetachInternetGatewayCommand({ ...gateway, VpcId: vpcId }), more);
    await client.send(new ec2.DeleteInternetGatewayCommand(gateway), more);
  },
  [NetworkKind.Subnet]: ({ DeleteSubnetCommand }, client, { id }, more) =>
    client.send(new DeleteSubnetCommand({ SubnetId: id }), more),
  [NetworkKind.RouteTable]: ({ DeleteRouteTableCommand }, client, { id }, more) =>
    client.send(new DeleteRouteTableCommand({ RouteTableId: id }), more),
  [NetworkKind.Route]: ({ DeleteRouteCommand }, client, { route }, more) => {
    const { tableId: RouteTableId, destination: DestinationCidrBlock } = route ?? {};
    return client.send(new DeleteRouteCommand({ RouteTableId, DestinationCidrBlock }), more);
  },
  [NetworkKind.RouteTableAssociation]: ({ DisassociateRouteTableCommand }, client, { id }, more) =>
    client.send(new DisassociateRouteTableCommand({ AssociationId: id }), more),
  [NetworkKind.SecurityGroup]: ({ DeleteSecurityGroupCommand }, client, { id }, more) =>
    client.send(new DeleteSecurityGroupCommand({ GroupId: id }), more),
  [NetworkKind.Vpc]: ({ DeleteVpcCommand }, client, { id }, more) =>
    client.send(new DeleteVpcCommand({ VpcId: id }), more),
};

async function removeEndpoint(accounts: Accounts, ec2: Ec2, client: EC2Client, id: string): Promise<void> {
  const remove = new ec2.DeleteVpcEndpointsCommand({ VpcEndpointIds: [id] });
  const { Unsuccessful: [refused] = [] } = await client.send(remove, options(accounts.signal));
  if (refused !== undefined) {
    const { Code = "", Message = "" } = refused.Error ?? {};
    throw Object.assign(new Error(Message), { name: Code });
  }
  const look = new ec2.DescribeVpcEndpointsCommand({ Filters: [{ Name: "vpc-endpoint-id", Values: [id] }] });
  await pRetry(
    async () => {
      const { VpcEndpoints = [] } = await client.send(look, options(accounts.signal));
      const isThere = VpcEndpoints.some(({ State }) => State?.toLowerCase() !== "deleted");
      if (isThere) throw new Error(`the endpoint ${id} is still being deleted`);
    },
    { ...ENDPOINT_PATIENCE, signal: accounts.signal },
  );
}

/** Also when it is gone already. @throws Kept when it is in use. Rejects with what the client throws. */
export async function removeNetworkThing(accounts: Accounts, thing: NetworkThing): Promise<void> {
  const ec2 = await import("@aws-sdk/client-ec2");
  const client = await accounts.aws.ec2();
  try {
    if (thing.kind === NetworkKind.VpcEndpoint) await removeEndpoint(accounts, ec2, client, thing.id);
    else await REMOVE[thing.kind](ec2, client, thing, options(accounts.signal));
  } catch (error) {
    const code = error instanceof Error ? error.name : "";
    if (IN_USE.has(code)) throw new Kept("it is in use");
    if (!GONE.has(code)) throw error;
  }
}
