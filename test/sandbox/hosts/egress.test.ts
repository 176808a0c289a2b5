import { describe, expect, it } from "vitest";
import { type Destination, egressOf, HTTPS } from "../../../sandbox/hosts/egress.ts";
import { EmulatedClouds } from "./emulatedClouds.ts";

/** Nothing that is pending ever gets ready. */
const NEVER = { transitionMilliseconds: 600_000 };

const REGION_1: Destination = { cidrBlock: "198.41.192.0/24", port: 7844, protocols: ["udp", "tcp"] };

describe("an instance's way out", () => {
  it("leads through a NAT gateway in a public subnet", async () => {
    const clouds = await EmulatedClouds.start();
    const publicSubnet = await clouds.createSubnet("10.200.90.0/24", {
      GatewayId: await clouds.internetGateway(),
    });
    const natGatewayId = await clouds.createNatGateway(publicSubnet);
    const subnetId = await clouds.createSubnet("10.200.91.0/24", { NatGatewayId: natGatewayId });
    const instanceId = await clouds.run({ subnetId, userData: "" });
    await expect.poll(() => egressOf(clouds.aws, instanceId, REGION_1)).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
  });

  it("does not lead through a NAT gateway that is not ready", async () => {
    const clouds = await EmulatedClouds.start(NEVER);
    const publicSubnet = await clouds.createSubnet("10.200.90.0/24", {
      GatewayId: await clouds.internetGateway(),
    });
    const natGatewayId = await clouds.createNatGateway(publicSubnet);
    const subnetId = await clouds.createSubnet("10.200.91.0/24", { NatGatewayId: natGatewayId });
    const instanceId = await clouds.run({ subnetId });
    await expect(egressOf(clouds.aws, instanceId, HTTPS)).rejects.toThrow(
      `NAT gateway ${natGatewayId} is pending`,
    );
  });

  it("does not lead through a NAT gateway in a private subnet", async () => {
    const clouds = await EmulatedClouds.start();
    const natGatewayId = await clouds.createNatGateway(await clouds.createSubnet("10.200.90.0/24"));
    const subnetId = await clouds.createSubnet("10.200.91.0/24", { NatGatewayId: natGatewayId });
    const instanceId = await clouds.run({ subnetId, userData: "" });
    await expect
      .poll(() => egressOf(clouds.aws, instanceId, HTTPS).catch(String))
      .toMatch(/has no route|without an Internet gateway/);
  });

  it("leads through an Internet gateway only with a public address", async () => {
    const clouds = await EmulatedClouds.start(NEVER);
    const subnetId = await clouds.createSubnet("10.200.90.0/24", {
      GatewayId: await clouds.internetGateway(),
    });
    const hidden = await clouds.run({ subnetId });
    await expect(egressOf(clouds.aws, hidden, HTTPS)).rejects.toThrow("the instance has no public address");

    await clouds.aws.call("ec2:ModifySubnetAttribute", {
      SubnetId: subnetId,
      MapPublicIpOnLaunch: { Value: true },
    });
    const shown = await clouds.run({ subnetId });
    expect(await egressOf(clouds.aws, shown, HTTPS)).toBe(clouds.aws.instance(shown)?.publicIp);
  });

  it("leads nowhere while the VPC resolves no names", async () => {
    const clouds = await EmulatedClouds.start(NEVER);
    const instanceId = await clouds.run();
    await clouds.resolveNames(false);
    await expect(egressOf(clouds.aws, instanceId, HTTPS)).rejects.toThrow("enableDnsSupport is false");
    await clouds.resolveNames(true);
    await expect(egressOf(clouds.aws, instanceId, HTTPS)).resolves.toBeDefined();
  });

  it("is open for a destination only as far as the security groups say", async () => {
    const clouds = await EmulatedClouds.start(NEVER);
    const rule = { protocol: "tcp", fromPort: 7000, toPort: 8000, description: "" };
    const wide = await clouds.run({ egress: [{ ...rule, cidrBlocks: ["198.41.192.0/20"] }] });
    await expect(egressOf(clouds.aws, wide, REGION_1)).resolves.toBeDefined();
    const narrow = await clouds.run({ egress: [{ ...rule, cidrBlocks: ["198.41.192.0/25"] }] });
    await expect(egressOf(clouds.aws, narrow, REGION_1)).rejects.toThrow("allows no egress");
    await expect(egressOf(clouds.aws, wide, { ...REGION_1, protocols: ["udp"] })).rejects.toThrow("(udp)");
  });
});
