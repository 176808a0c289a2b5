/** Networks and tags over the ec2 query protocol: what `tenant-edge repair` calls. */
import type { AwsOperations } from "../../operations.ts";
import { filters, list, paging } from "./form.ts";
import { shape } from "./shape.ts";

/** Calls an operation for whoever has sent the request. */
export type Call = <Name extends keyof AwsOperations>(
  name: Name,
  input: AwsOperations[Name]["input"],
) => Promise<AwsOperations[Name]["output"]>;

type Action = (form: URLSearchParams, call: Call) => Promise<object>;

const parameter = (form: URLSearchParams, name: string) => form.get(name) ?? undefined;

/** An empty list of ids means all. */
const ids = (form: URLSearchParams, name: string) => {
  const given = list(form, name);
  return given.length === 0 ? undefined : given;
};

/** EC2 says so of what it has done. */
const DONE = { Return: true };

const ACTIONS: Readonly<Record<string, Action>> = {
  DescribeTags: (form, call) => call("ec2:DescribeTags", { Filters: filters(form), ...paging(form) }),
  DescribeVpcs: (form, call) =>
    call("ec2:DescribeVpcs", { VpcIds: ids(form, "VpcId"), Filters: filters(form) }),
  DescribeSubnets: (form, call) =>
    call("ec2:DescribeSubnets", { SubnetIds: ids(form, "SubnetId"), Filters: filters(form) }),
  DescribeInternetGateways: (form, call) =>
    call("ec2:DescribeInternetGateways", {
      InternetGatewayIds: ids(form, "InternetGatewayId"),
      Filters: filters(form),
    }),
  DescribeAddresses: (form, call) =>
    call("ec2:DescribeAddresses", { AllocationIds: ids(form, "AllocationId"), Filters: filters(form) }),
  DescribeNatGateways: (form, call) =>
    call("ec2:DescribeNatGateways", { NatGatewayIds: ids(form, "NatGatewayId"), Filter: filters(form) }),
  DescribeRouteTables: (form, call) =>
    call("ec2:DescribeRouteTables", { RouteTableIds: ids(form, "RouteTableId"), Filters: filters(form) }),
  DescribeVpcEndpoints: (form, call) =>
    call("ec2:DescribeVpcEndpoints", { VpcEndpointIds: ids(form, "VpcEndpointId"), Filters: filters(form) }),
  async DeleteVpc(form, call) {
    await call("ec2:DeleteVpc", { VpcId: parameter(form, "VpcId") });
    return DONE;
  },
  async DeleteSubnet(form, call) {
    await call("ec2:DeleteSubnet", { SubnetId: parameter(form, "SubnetId") });
    return DONE;
  },
  async DetachInternetGateway(form, call) {
    const InternetGatewayId = parameter(form, "InternetGatewayId");
    await call("ec2:DetachInternetGateway", { InternetGatewayId, VpcId: parameter(form, "VpcId") });
    return DONE;
  },
  async DeleteInternetGateway(form, call) {
    await call("ec2:DeleteInternetGateway", { InternetGatewayId: parameter(form, "InternetGatewayId") });
    return DONE;
  },
  async ReleaseAddress(form, call) {
    await call("ec2:ReleaseAddress", { AllocationId: parameter(form, "AllocationId") });
    return DONE;
  },
  DeleteNatGateway: (form, call) =>
    call("ec2:DeleteNatGateway", { NatGatewayId: parameter(form, "NatGatewayId") }),
  async DeleteRouteTable(form, call) {
    await call("ec2:DeleteRouteTable", { RouteTableId: parameter(form, "RouteTableId") });
    return DONE;
  },
  async DisassociateRouteTable(form, call) {
    await call("ec2:DisassociateRouteTable", { AssociationId: parameter(form, "AssociationId") });
    return DONE;
  },
  async DeleteRoute(form, call) {
    await call("ec2:DeleteRoute", {
      RouteTableId: parameter(form, "RouteTableId"),
      DestinationCidrBlock: parameter(form, "DestinationCidrBlock"),
    });
    return DONE;
  },
  DeleteVpcEndpoints: (form, call) =>
    call("ec2:DeleteVpcEndpoints", { VpcEndpointIds: list(form, "VpcEndpointId") }),
};

/** The answer's content; undefined for an action of another topic. */
export async function answerNetworkAction(
  action: string,
  form: URLSearchParams,
  call: Call,
): Promise<object | undefined> {
  const content = Object.hasOwn(ACTIONS, action) ? await ACTIONS[action]?.(form, call) : undefined;
  return content && (shape(content) as object);
}
