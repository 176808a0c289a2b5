import { describe, expect, it } from "vitest";
import { renderUserData } from "../../../host/userData.ts";
import { storedHostReports } from "../../../sandbox/hosts/hosts.ts";
import { EmulatedClouds, SPEC, until } from "./emulatedClouds.ts";

describe("the life of a host", () => {
  it("drops its connector when it is terminated", async () => {
    const clouds = await EmulatedClouds.start();
    const tunnel = await clouds.tenantParts();
    const { instanceId } = await clouds.boot();
    await clouds.terminate(instanceId);
    await clouds.hosts.settled();
    expect(clouds.cloudflare.tunnels.connectors(tunnel.id)).toEqual([]);
    expect(clouds.report(instanceId)).toMatchObject({ state: "terminated", units: [] });
    expect(storedHostReports(clouds.store)).toEqual([]);
  });

  it("drops its connector when it is terminated in the middle of its boot", async () => {
    const clouds = await EmulatedClouds.start();
    const tunnel = await clouds.tenantParts();
    const instanceId = await clouds.run({ readable: [] });
    await until(() => clouds.hosts.report(instanceId) !== undefined);
    await clouds.terminate(instanceId);
    await clouds.hosts.settled();
    expect(clouds.cloudflare.tunnels.connectors(tunnel.id)).toEqual([]);
  });

  it("starts its services, and not cloud-init, after a stop", async () => {
    const clouds = await EmulatedClouds.start();
    const tunnel = await clouds.tenantParts();
    const { instanceId } = await clouds.boot();
    await clouds.aws.call("ec2:StopInstances", { InstanceIds: [instanceId] });
    await until(() => clouds.report(instanceId).state === "stopped");
    expect(clouds.cloudflare.tunnels.connectors(tunnel.id)).toEqual([]);
    expect(clouds.report(instanceId).files).not.toContain("/run/cloudflared/token");
    await clouds.aws.call("ec2:ModifyInstanceAttribute", {
      InstanceId: instanceId,
      UserData: { Value: Buffer.from("nothing that could boot") },
    });

    await clouds.aws.call("ec2:StartInstances", { InstanceIds: [instanceId] });
    await until(() => clouds.report(instanceId).state === "running");
    expect(clouds.cloudflare.tunnels.connectors(tunnel.id)).toHaveLength(1);
  });

  it("keeps its connections through a rotation of the tunnel's secret", async () => {
    const clouds = await EmulatedClouds.start();
    const tunnel = await clouds.tenantParts();
    const { instanceId } = await clouds.boot();
    const before = clouds.cloudflare.tunnels.connectors(tunnel.id);
    clouds.rotateSecret(tunnel);
    expect(clouds.cloudflare.tunnels.connectors(tunnel.id)).toEqual(before);

    await clouds.publishToken(tunnel);
    await clouds.hosts.restart(instanceId, "cloudflared.service");
    expect(clouds.report(instanceId)).toMatchObject({ state: "running", connector: { tunnelId: tunnel.id } });
  });

  it("cannot come back with the old secret, until the new one is there", async () => {
    const clouds = await EmulatedClouds.start();
    const tunnel = await clouds.tenantParts();
    const { instanceId } = await clouds.boot();
    clouds.rotateSecret(tunnel);
    await clouds.hosts.restart(instanceId, "cloudflared");
    expect(clouds.report(instanceId)).toMatchObject({ state: "failed" });
    expect(clouds.cloudflare.tunnels.connectors(tunnel.id)).toEqual([]);

    await clouds.publishToken(tunnel);
    await clouds.hosts.restart(instanceId, "cloudflared");
    expect(clouds.report(instanceId)).toMatchObject({ state: "running", connector: { tunnelId: tunnel.id } });
  });

  it("refuses to restart a unit that it does not have", async () => {
    const clouds = await EmulatedClouds.start();
    await clouds.tenantParts();
    const { instanceId } = await clouds.boot();
    await expect(clouds.hosts.restart(instanceId, "app.service")).rejects.toThrow(
      "Unit app.service not found",
    );
    expect(() => clouds.hosts.restart("i-0123456789abcdef0", "app.service")).toThrow("there is no host");
  });

  it("does not start a unit before what it requires", async () => {
    const clouds = await EmulatedClouds.start();
    await clouds.tenantParts();
    const userData = renderUserData(SPEC)
      .replace("After=network-online.target", "After=tenant-edge-bucket-environment.service")
      .replace("Wants=network-online.target", "Requires=tenant-edge-bucket-environment.service");
    const { instanceId } = await clouds.boot({ userData, readable: ["tunnel-token"] });
    expect(clouds.report(instanceId).connector).toBeUndefined();
    expect(clouds.report(instanceId).units).toContainEqual({
      name: "cloudflared.service",
      state: "failed",
      reason: "Dependency failed: tenant-edge-bucket-environment.service",
    });
  });
});

describe("the sandbox stops and starts again", () => {
  it("finds a host as it was, without a call to any cloud", async () => {
    const clouds = await EmulatedClouds.start();
    const tunnel = await clouds.tenantParts();
    const { instanceId } = await clouds.boot();
    const before = clouds.report(instanceId);
    const connectors = clouds.cloudflare.tunnels.connectors(tunnel.id);
    await clouds.hosts.stop();
    expect(clouds.cloudflare.tunnels.connectors(tunnel.id)).toEqual(connectors);
    // A restart would not survive this.
    clouds.rotateSecret(tunnel);
    const mark = clouds.aws.calls.mark();

    const later = clouds.newHosts();
    later.start();
    await later.settled();
    expect(later.report(instanceId)).toMatchObject({
      state: before.state,
      units: before.units,
      files: before.files,
    });
    expect(clouds.cloudflare.tunnels.connectors(tunnel.id)).toEqual(connectors);
    expect(clouds.aws.calls.since(mark)).toEqual([]);

    await clouds.publishToken(tunnel);
    await later.restart(instanceId, "cloudflared");
    expect(later.report(instanceId)?.state).toBe("running");
    await later.stop();
  });

  it("boots what came up in between, and drops what was terminated in between", async () => {
    const clouds = await EmulatedClouds.start();
    const tunnel = await clouds.tenantParts();
    const { instanceId: gone } = await clouds.boot();
    await clouds.hosts.stop();
    await clouds.aws.call("ec2:TerminateInstances", { InstanceIds: [gone] });
    const fresh = await clouds.run();
    await until(
      () =>
        clouds.aws.instance(fresh)?.state === "running" && clouds.aws.instance(gone)?.state === "terminated",
    );

    const later = clouds.newHosts();
    later.start();
    await later.settled();
    expect(later.report(gone)?.state).toBe("terminated");
    expect(later.report(fresh)?.state).toBe("running");
    expect(clouds.cloudflare.tunnels.connectors(tunnel.id).map(({ id }) => later.instanceOf(id))).toEqual([
      fresh,
    ]);
    await later.stop();
  });

  it("begins a boot anew that was cut short", async () => {
    const clouds = await EmulatedClouds.start();
    await clouds.tenantParts();
    const instanceId = await clouds.run({ readable: [] });
    await until(() => clouds.hosts.report(instanceId) !== undefined);
    await clouds.hosts.stop();
    const roleName = clouds.aws.instance(instanceId)?.roleArn?.split("/").at(-1) ?? "";
    await clouds.allowReading(roleName, ["tunnel-token", "bucket-environment"]);

    const later = clouds.newHosts();
    later.start();
    await later.settled();
    expect(later.report(instanceId)?.state).toBe("running");
    await later.stop();
  });

  it("shows the reports to a process that only looks at the store", async () => {
    const clouds = await EmulatedClouds.start();
    await clouds.tenantParts();
    const report = await clouds.boot();
    expect(storedHostReports(clouds.store)).toMatchObject([
      { instanceId: report.instanceId, state: "running", units: report.units, connector: report.connector },
    ]);
  });
});
