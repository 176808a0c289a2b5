import { ec2Arn } from "./arn.ts";
import { awsType, differs } from "./awsType.ts";
import { call, unless } from "./call.ts";
import type { AwsProviderClient } from "./client.ts";
import { ec2Tags, tagSpecifications } from "./tags.ts";

const NOT_FOUND = ["InvalidInternetGatewayID.NotFound"];

function attach(client: AwsProviderClient, id: string, vpcId: string) {
  const action = `attaching EC2 Internet Gateway (${id}) to EC2 VPC (${vpcId})`;
  return call(client, action, "ec2:AttachInternetGateway", { InternetGatewayId: id, VpcId: vpcId });
}

function detach(client: AwsProviderClient, id: string, vpcId: string) {
  const action = `detaching EC2 Internet Gateway (${id}) from EC2 VPC (${vpcId})`;
  const detaching = call(client, action, "ec2:DetachInternetGateway", {
    InternetGatewayId: id,
    VpcId: vpcId,
  });
  return unless(["Gateway.NotAttached", ...NOT_FOUND], detaching);
}

export const internetGatewayType = awsType({
  token: "aws:ec2/internetGateway:InternetGateway",
  replaceOn: [],
  optionalComputed: ["vpcId"],
  tagWriter: ec2Tags,

  async make(client, inputs) {
    const action = "creating EC2 Internet Gateway";
    const { InternetGateway } = await call(client, action, "ec2:CreateInternetGateway", {
      ...tagSpecifications(client, "internet-gateway", inputs.tags),
    });
    return InternetGateway?.InternetGatewayId ?? "";
  },

  async settle(client, id, inputs) {
    if (inputs.vpcId !== undefined) await attach(client, id, inputs.vpcId);
  },

  async look(client, id) {
    const action = `reading EC2 Internet Gateway (${id})`;
    const reading = call(client, action, "ec2:DescribeInternetGateways", { InternetGatewayIds: [id] });
    const gateway = (await unless(NOT_FOUND, reading))?.InternetGateways?.[0];
    if (gateway === undefined) return undefined;
    return {
      outputs: {
        arn: ec2Arn(client, "internet-gateway", id),
        ownerId: gateway.OwnerId,
        vpcId: gateway.Attachments?.[0]?.VpcId ?? "",
      },
      tags: gateway.Tags ?? [],
    };
  },

  async change(client, id, olds, news) {
    if (!differs(olds, news, "vpcId")) return;
    if (olds.vpcId) await detach(client, id, olds.vpcId);
    if (news.vpcId) await attach(client, id, news.vpcId);
  },

  async remove(client, id, state) {
    if (state.vpcId) await detach(client, id, state.vpcId);
    const action = `deleting EC2 Internet Gateway (${id})`;
    await unless(NOT_FOUND, call(client, action, "ec2:DeleteInternetGateway", { InternetGatewayId: id }));
  },
});
