/** `tenant-edge:network`. */
import { z } from "zod";
import { NatGateways, NetworkCheck, NetworkEndpoint } from "../network/choices.ts";
import { text } from "./fields.ts";

export const REGION = /^[a-z]{2,4}(?:-[a-z]+)+-\d$/;

/** Of this project, or in full: organization/project/stack. */
const STACK_NAME = /^(?:[\w-][\w.-]*\/[\w-][\w.-]*\/)?[\w-][\w.-]*$/;

const OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const CIDR_BLOCK = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}\\/(?:1[6-9]|2[0-4])$`);

export const networkSchema = z
  .strictObject({
    cidrBlock: text(CIDR_BLOCK, "an IPv4 block of /16 to /24, for example 10.20.0.0/16")
      .optional()
      .describe(
        "Address range of the VPC to create, chosen once: a change fails while there are hosts. Default 10.0.0.0/16.",
      ),
    availabilityZones: z
      .array(text(/^[a-z]{2,4}(?:-[a-z]+)+-\d[a-z]$/, "an availability zone, for example eu-west-1a"))
      .min(1)
      .max(4)
      .meta({ uniqueItems: true })
      .optional()
      .describe(
        "Zones that get a private subnet each; the NAT gateway is in the first, unless natGateways is per-zone. Adding or removing a zone moves some hosts to another subnet, which replaces them; another first zone moves the one NAT gateway, and until the new one is there no host has a way out. Default: zones a and b of the region.",
      ),
    natGateways: z
      .enum(NatGateways)
      .optional()
      .describe(
        "`one`: a NAT gateway in the first zone, 38.69 USD a month with its address in eu-west-1; when that zone fails, no host reaches the Internet. `per-zone`: one in each zone, that price times the zones, so that a zone's failure leaves the others. Each GB costs 0.048 USD with both; with `one`, traffic from other zones costs 0.01 more. A change replaces no host, but keep the order of the zones in the same update. Default one.",
      ),
    endpoints: z
      .array(z.enum(NetworkEndpoint))
      .max(Object.keys(NetworkEndpoint).length)
      .meta({ uniqueItems: true })
      .optional()
      .describe(
        "VPC endpoints of the network to create. `ssm` and `ssmmessages` (Session Manager) cost 8.03 USD a month each per zone in eu-west-1, and 0.01 per GB; `s3` is free. The NAT gateway is needed all the same: cloudflared connects to Cloudflare. Default: none.",
      ),
    vpcId: text(/^vpc-[0-9a-f]{8,17}$/, "a VPC id, vpc-…")
      .optional()
      .describe("Use this existing VPC instead of creating one; needs privateSubnetIds."),
    privateSubnetIds: z
      .array(text(/^subnet-[0-9a-f]{8,17}$/, "a subnet id, subnet-…"))
      .min(1)
      .max(16)
      .meta({ uniqueItems: true })
      .optional()
      .describe("Existing subnets with a route to the Internet through a NAT gateway; needs vpcId."),
    stack: text(STACK_NAME, "the name of a stack of this project, or organization/project/stack")
      .max(300)
      .optional()
      .describe(
        "Use the network of this stack, which must be of the same environment and region and deployed before: a stack of this project, or `organization/project/stack`. In the place of all the above.",
      ),
    check: z
      .enum(NetworkCheck)
      .optional()
      .describe(
        "What to do about an existing network, or another stack's, that lacks what hosts need: refuse, or warn and go on, for example to destroy a stack whose network was damaged. Default refuse.",
      ),
  })
  .describe(
    "The network of the hosts: a new VPC with a NAT gateway, existing ids, or that of another stack.",
  );
