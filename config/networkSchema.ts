/** `tenant-edge:network`. */
import { z } from "zod";
import { text } from "./fields.ts";

export const REGION = /^[a-z]{2,4}(?:-[a-z]+)+-\d$/;

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
        "Zones that get a private subnet each; the NAT gateway is in the first. Adding or removing a zone moves some hosts to another subnet, which replaces them. Default: zones a and b of the region.",
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
  })
  .describe("The network of the hosts: a new VPC with one NAT gateway, or existing ids.");
