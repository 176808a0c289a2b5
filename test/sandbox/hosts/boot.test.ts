import { describe, expect, it } from "vitest";
import { renderUserData } from "../../../host/userData.ts";
import { AMD_IMAGE, BAKED_IMAGE, BUCKET_ENVIRONMENT, EmulatedClouds, SPEC } from "./emulatedClouds.ts";

describe("a host with the program's own user data", () => {
  it.each([
    { instanceType: "t4g.micro", imageId: undefined, arch: "linux_arm64" },
    { instanceType: "t3.micro", imageId: AMD_IMAGE, arch: "linux_amd64" },
  ])("connects its tunnel on $instanceType", async ({ instanceType, imageId, arch }) => {
    const clouds = await EmulatedClouds.start();
    const tunnel = await clouds.tenantParts();
    const report = await clouds.boot({ instanceType, ...(imageId !== undefined && { imageId }) });
    const [connector] = clouds.cloudflare.tunnels.connectors(tunnel.id);

    expect(report).toMatchObject({
      tenant: "acme",
      state: "running",
      connector: { tunnelId: tunnel.id, version: "2026.10.0" },
    });
    expect(report.units).toEqual([
      { name: "cloudflared.service", state: "active" },
      { name: "tenant-edge-bucket-environment.service", state: "active" },
    ]);
    expect(report.files).toEqual(
      expect.arrayContaining([
        "/run/cloudflared/token",
        "/run/tenant-edge/bucket.env",
        "/etc/tenant-edge/app.env",
      ]),
    );
    expect(connector).toMatchObject({ version: "2026.10.0", arch });
    expect(connector?.connections).toHaveLength(4);
    expect(clouds.cloudflare.tunnels.status(clouds.cloudflare.tunnels.get(tunnel.id) ?? tunnel)).toBe(
      "healthy",
    );
  });

  it("asks for no bucket credentials when the tenant has no bucket", async () => {
    const clouds = await EmulatedClouds.start();
    await clouds.tenantParts();
    const report = await clouds.boot({ userData: renderUserData({ ...SPEC, hasBucket: false }) });
    expect(report.state).toBe("running");
    expect(report.files).not.toContain("/run/tenant-edge/bucket.env");
  });

  it("shows the NAT gateway's address as the connector's origin", async () => {
    const clouds = await EmulatedClouds.start();
    const tunnel = await clouds.tenantParts();
    await clouds.boot();
    const { NatGateways: [gateway] = [] } = await clouds.aws.call("ec2:DescribeNatGateways", {});
    expect(clouds.cloudflare.tunnels.connectors(tunnel.id)[0]?.originIp).toBe(
      gateway?.NatGatewayAddresses?.[0]?.PublicIp,
    );
  });

  it("installs nothing on an image that carries the version", async () => {
    const clouds = await EmulatedClouds.start();
    await clouds.tenantParts();
    // Nothing could be downloaded from here.
    const userData = renderUserData(SPEC).replaceAll("https://github.com/", "https://mirror.invalid/");
    expect(await clouds.boot({ imageId: BAKED_IMAGE, userData })).toMatchObject({ state: "running" });
    expect(await clouds.boot({ userData })).toMatchObject({
      state: "failed",
      reason: expect.stringContaining("Could not resolve host: mirror.invalid"),
    });
  });

  it("says nothing secret in its report", async () => {
    const clouds = await EmulatedClouds.start();
    const tunnel = await clouds.tenantParts();
    const text = JSON.stringify(await clouds.boot());
    const secrets = [
      tunnel.secret,
      clouds.cloudflare.tunnels.tokenOf(tunnel),
      ...BUCKET_ENVIRONMENT.split(/[\n=]/),
    ];
    for (const secret of secrets.filter((part) => !part.startsWith("AWS")))
      expect(text).not.toContain(secret);
  });

  it("comes up by itself once its role may read the parameters", async () => {
    const clouds = await EmulatedClouds.start();
    await clouds.tenantParts();
    const { instanceId, state } = await clouds.boot({ readable: [] });
    expect(state).toBe("failed");
    const roleName = clouds.aws.instance(instanceId)?.roleArn?.split("/").at(-1) ?? "";
    await clouds.allowReading(roleName, ["tunnel-token", "bucket-environment"]);
    await expect.poll(() => clouds.report(instanceId).state, { timeout: 10_000 }).toBe("running");
    expect(clouds.report(instanceId).reason).toBeUndefined();
  });
});
