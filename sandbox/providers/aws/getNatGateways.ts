import type { FunctionType } from "../resourceType.ts";
import { call } from "./call.ts";
import type { AwsProviderClient } from "./client.ts";
import { listFilters, listOutputs } from "./dataSource.ts";

/** Also lists gateways that are being deleted, and for a while those that are gone: filter by `state`. */
export const getNatGatewaysFunction: FunctionType<AwsProviderClient> = {
  token: "aws:ec2/getNatGateways:getNatGateways",
  async invoke(client, args) {
    const { NatGateways = [] } = await call(client, "reading EC2 NAT Gateways", "ec2:DescribeNatGateways", {
      Filter: listFilters(args),
    });
    return listOutputs(
      client,
      args,
      NatGateways.map((gateway) => gateway.NatGatewayId),
    );
  },
};
