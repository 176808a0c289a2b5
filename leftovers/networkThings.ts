/** Looks closer at parts of a network, kind by kind. What is gone is not described. */
import type { EC2Client, Filter, Tag } from "@aws-sdk/client-ec2";
import { TaggedKind } from "../operations/choices.ts";
import { options } from "../orphans/awsCall.ts";
import { TENANT_TAG } from "../orphans/mark.ts";
import type { Accounts } from "../orphans/source.ts";
import type { NetworkThing } from "./network.ts";
import { type ListedTags, tagOf } from "./ownTags.ts";

/** Of a NAT gateway, EC2 tells what it was for about an hour after its end. */
const ENDED = ["deleting", "deleted"];
const FAILED = "failed";

/** A NAT gateway that does not work, and never will; a gateway that is attached to nothing. */
export type DescribedThing = NetworkThing & { isBroken: boolean };

interface Query {
  client: EC2Client;
  ids: string[];
  more: { abortSignal?: AbortSignal };
}

type Ec2 = typeof import("@aws-sdk/client-ec2");
type Describe = (ec2: Ec2, query: Query) => Promise<DescribedThing[]>;

interface Facts {
  id: string | undefined;
  tags: Tag[] | undefined;
  vpcId?: string | undefined;
  users?: readonly (string | undefined)[];
  isBroken?: boolean;
}

function thing(
  kind: TaggedKind,
  { id = "", tags, vpcId, users = [], isBroken = false }: Facts,
): DescribedThing {
  const name = tagOf(tags, "Name") || id;
  return { kind, id, name, vpcId, users: users.filter((user) => user !== undefined), isBroken };
}

const by = (Name: string, Values: string[]): Filter[] => [{ Name, Values }];

/** Tables with a route to it. */
async function tablesTo({ DescribeRouteTablesCommand }: Ec2, query: Query, filter: string, id: string) {
  const look = new DescribeRouteTablesCommand({ Filters: by(filter, [id]) });
  const { RouteTables = [] } = await query.client.send(look, query.more);
  return RouteTables.map(({ RouteTableId }) => RouteTableId);
}

const hasTenant = (tags: ListedTags) => tagOf(tags, TENANT_TAG) !== "";

const DESCRIBE: Readonly<Record<TaggedKind, Describe>> = {
  async [TaggedKind.VpcEndpoint]({ DescribeVpcEndpointsCommand }, { client, ids, more }) {
    const look = new DescribeVpcEndpointsCommand({ Filters: by("vpc-endpoint-id", ids) });
    const { VpcEndpoints = [] } = await client.send(look, more);
    return VpcEndpoints.filter(({ State = "" }) => !ENDED.includes(State.toLowerCase())).map(
      ({ VpcEndpointId: id, VpcId: vpcId, Tags: tags, ServiceName = "" }) => ({
        ...thing(TaggedKind.VpcEndpoint, { id, tags, vpcId }),
        service: ServiceName.slice(ServiceName.lastIndexOf(".") + 1),
      }),
    );
  },

  async [TaggedKind.NatGateway](ec2, query) {
    const look = new ec2.DescribeNatGatewaysCommand({ Filter: by("nat-gateway-id", query.ids) });
    const { NatGateways = [] } = await query.client.send(look, query.more);
    const there = NatGateways.filter(({ State = "" }) => !ENDED.includes(State));
    return await Promise.all(
      there.map(async ({ NatGatewayId: id = "", VpcId: vpcId, Tags: tags, State }) => {
        const users = await tablesTo(ec2, query, "route.nat-gateway-id", id);
        return thing(TaggedKind.NatGateway, { id, tags, vpcId, users, isBroken: State === FAILED });
      }),
    );
  },

  async [TaggedKind.ElasticIp]({ DescribeAddressesCommand }, { client, ids, more }) {
    const look = new DescribeAddressesCommand({ Filters: by("allocation-id", ids) });
    const { Addresses = [] } = await client.send(look, more);
    return Addresses.map(({ AllocationId: id, AssociationId, NetworkInterfaceId, Tags: tags }) =>
      thing(TaggedKind.ElasticIp, { id, tags, users: [NetworkInterfaceId ?? AssociationId] }),
    );
  },

  async [TaggedKind.InternetGateway](ec2, query) {
    const look = new ec2.DescribeInternetGatewaysCommand({ Filters: by("internet-gateway-id", query.ids) });
    const { InternetGateways = [] } = await query.client.send(look, query.more);
    return await Promise.all(
      InternetGateways.map(
        async ({ InternetGatewayId: id = "", Attachments: [attached] = [], Tags: tags }) => {
          const users = await tablesTo(ec2, query, "route.gateway-id", id);
          const vpcId = attached?.VpcId;
          return thing(TaggedKind.InternetGateway, {
            id,
            tags,
            vpcId,
            users,
            isBroken: vpcId === undefined,
          });
        },
      ),
    );
  },

  async [TaggedKind.Subnet]({ DescribeSubnetsCommand }, { client, ids, more }) {
    const { Subnets = [] } = await client.send(
      new DescribeSubnetsCommand({ Filters: by("subnet-id", ids) }),
      more,
    );
    return Subnets.map(({ SubnetId: id, VpcId: vpcId, Tags: tags }) =>
      thing(TaggedKind.Subnet, { id, tags, vpcId }),
    );
  },

  async [TaggedKind.RouteTable]({ DescribeRouteTablesCommand }, { client, ids, more }) {
    const look = new DescribeRouteTablesCommand({ Filters: by("route-table-id", ids) });
    const { RouteTables = [] } = await client.send(look, more);
    return RouteTables.map(({ RouteTableId: id, VpcId: vpcId, Tags: tags, Associations = [] }) =>
      thing(TaggedKind.RouteTable, { id, tags, vpcId, users: Associations.map(({ SubnetId }) => SubnetId) }),
    );
  },

  async [TaggedKind.SecurityGroup]({ DescribeSecurityGroupsCommand }, { client, ids, more }) {
    const look = new DescribeSecurityGroupsCommand({ Filters: by("group-id", ids) });
    const { SecurityGroups = [] } = await client.send(look, more);
    return SecurityGroups.filter(({ Tags }) => !hasTenant(Tags)).map(
      ({ GroupId: id, VpcId: vpcId, Tags: tags }) => thing(TaggedKind.SecurityGroup, { id, tags, vpcId }),
    );
  },

  async [TaggedKind.Vpc]({ DescribeVpcsCommand }, { client, ids, more }) {
    const { Vpcs = [] } = await client.send(new DescribeVpcsCommand({ Filters: by("vpc-id", ids) }), more);
    return Vpcs.map(({ VpcId: id, Tags: tags }) => thing(TaggedKind.Vpc, { id, tags }));
  },
};

/** How many values a filter takes. EC2 documentation, "Filter". */
const MOST_VALUES = 200;

/** Those of one kind that are there. */
export async function describeThings(
  { aws, signal }: Accounts,
  kind: TaggedKind,
  ids: readonly string[],
): Promise<DescribedThing[]> {
  const ec2 = await import("@aws-sdk/client-ec2");
  const client = await aws.ec2();
  const found: DescribedThing[] = [];
  for (let start = 0; start < ids.length; start += MOST_VALUES) {
    const some = ids.slice(start, start + MOST_VALUES);
    found.push(...(await DESCRIBE[kind](ec2, { client, ids: some, more: options(signal) })));
  }
  return found;
}
