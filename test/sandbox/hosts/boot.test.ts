import { describe, expect, it } from "vitest";
import { parseHostReport } from "../../../host/hostReport.ts";
import type { HostSpec } from "../../../host/spec.ts";
import { renderUserData } from "../../../host/userData.ts";
import { AMD_IMAGE, APP_IMAGE, BAKED_IMAGE, EmulatedClouds, SPEC } from "./emulatedClouds.ts";

const SECRET_FILES = ["/run/tenant-edge/secrets/tunnel-token", "/run/tenant-edge/app/bucket.env"];

function states(report: { units: { name: string; state: string }[] }): Record<string, string> {
  return Object.fromEntries(report.units.map(({ name, state }) => [name, state]));
}

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
      connector: { tunnelId: tunnel.id, version: "2026.10.0", port: 20241, connectorId: connector?.id },
      timers: [
        { name: "tenant-edge-sync.timer", unit: "tenant-edge-sync.service", state: "active" },
        { name: "tenant-edge-watch.timer", unit: "tenant-edge-watch.service", state: "active" },
      ],
    });
    expect(states(report)).toMatchObject({
      "cloudflared@20241.service": "active",
      "tenant-edge-sync.service": "inactive",
      "amazon-ssm-agent.service": "inactive",
    });
    expect(report.files).toEqual(expect.arrayContaining(SECRET_FILES));
    expect(connector).toMatchObject({ version: "2026.10.0", arch });
    expect(connector?.connections).toHaveLength(4);
    expect(clouds.cloudflare.tunnels.status(clouds.cloudflare.tunnels.get(tunnel.id) ?? tunnel)).toBe(
      "healthy",
    );
  });

  it("reports what it runs with, in the parameter that it may write", async () => {
    const clouds = await EmulatedClouds.start();
    await clouds.tenantParts();
    const { instanceId, connector, reported } = await clouds.boot();
    const expected = {
      instanceId,
      connectorId: connector?.connectorId,
      cloudflared: "2026.10.0",
      tunnelToken: 1,
      bucketEnvironment: 1,
      keyGeneration: 1,
    };
    expect(parseHostReport(await clouds.reportText())).toEqual(expected);
    expect(reported).toEqual(expected);
  });

  it.each<[what: string, spec: Partial<HostSpec>, reported: object]>([
    ["no bucket", { hasBucket: false }, { bucketEnvironment: 0, keyGeneration: 0 }],
    [
      "the edge of the United States",
      { connector: { ...SPEC.connector, edgeRegion: "us" } },
      { tunnelToken: 1 },
    ],
    [
      "a mirror",
      { cloudflaredMirror: "https://mirror.example.com/cloudflared" },
      { cloudflared: "2026.10.0" },
    ],
    ["a shell for humans", { sessionManager: true }, { tunnelToken: 1 }],
    ["a container", { app: { container: { image: "nginx:1.29", port: 8080 } } }, { tunnelToken: 1 }],
    [
      "cloud-config of the user's own",
      { cloudConfig: { packages: ["git"], runcmd: ["echo hello > /etc/hello"] } },
      { tunnelToken: 1 },
    ],
  ])("boots with %s", async (_, spec, reported) => {
    const clouds = await EmulatedClouds.start();
    await clouds.tenantParts();
    const whole = { ...SPEC, ...spec };
    const report = await clouds.boot({ userData: renderUserData(whole), spec: whole });
    expect(report.reason).toBeUndefined();
    expect(report).toMatchObject({ state: "running", reported });
    expect(report.files.includes("/run/tenant-edge/app/bucket.env")).toBe(whole.hasBucket);
    expect(states(report)["amazon-ssm-agent.service"]).toBe(whole.sessionManager ? "active" : "inactive");
    expect(report.files.includes("/etc/hello")).toBe(spec.cloudConfig !== undefined);
    const appState = spec.app === undefined ? undefined : "active";
    expect(states(report)["tenant-edge-app.service"]).toBe(appState);
  });

  it("starts the unit that its image carries, with the app's variables", async () => {
    const clouds = await EmulatedClouds.start();
    await clouds.tenantParts();
    const userData = renderUserData({ ...SPEC, app: { unit: "my-app.service" } });
    const report = await clouds.boot({ userData, imageId: APP_IMAGE });
    expect(states(report)).toMatchObject({ "my-app.service": "active" });
    const other = await clouds.boot({ userData });
    expect(other.log.join("\n")).toContain("Unit my-app.service not found");
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
    const userData = renderUserData({ ...SPEC, cloudflaredMirror: "https://mirror.invalid" });
    expect(await clouds.boot({ imageId: BAKED_IMAGE, userData })).toMatchObject({ state: "running" });
    expect(await clouds.boot({ userData })).toMatchObject({
      state: "failed",
      reason: expect.stringContaining("Could not resolve host: mirror.invalid"),
    });
  });

  it("says nothing secret in its report, in its journal and in what it reports to SSM", async () => {
    const clouds = await EmulatedClouds.start();
    const tunnel = await clouds.tenantParts();
    const report = await clouds.boot();
    const text = JSON.stringify(report) + (await clouds.reportText());
    const secrets = [tunnel.secret, clouds.cloudflare.tunnels.tokenOf(tunnel), ...clouds.secrets];
    expect(secrets.length).toBeGreaterThan(3);
    for (const secret of secrets) expect(text).not.toContain(secret);
  });

  it("comes up by itself once its role may read the parameters", async () => {
    const clouds = await EmulatedClouds.start();
    await clouds.tenantParts();
    const { instanceId, state, reason } = await clouds.boot({ readable: [] });
    expect(state).toBe("failed");
    expect(reason).toContain("AccessDeniedException");
    await clouds.allowReading(clouds.roleOf(instanceId), ["tunnel-token", "bucket-environment"]);
    await expect.poll(() => clouds.report(instanceId).state, { timeout: 15_000 }).toBe("running");
    expect(clouds.report(instanceId).reason).toBeUndefined();
  });
});
