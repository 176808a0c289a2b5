import { describe, expect, it } from "vitest";
import { storedHostReports } from "../../../sandbox/hosts/hosts.ts";
import { EmulatedClouds, until } from "./emulatedClouds.ts";

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
    expect(clouds.report(instanceId).files).not.toContain("/run/tenant-edge/secrets/tunnel-token");
    await clouds.aws.call("ec2:ModifyInstanceAttribute", {
      InstanceId: instanceId,
      UserData: { Value: Buffer.from("nothing that could boot") },
    });

    await clouds.aws.call("ec2:StartInstances", { InstanceIds: [instanceId] });
    await until(() => clouds.report(instanceId).state === "running");
    expect(clouds.cloudflare.tunnels.connectors(tunnel.id)).toHaveLength(1);
  });

  it("gives a connector that is restarted a new id", async () => {
    const clouds = await EmulatedClouds.start();
    const tunnel = await clouds.tenantParts();
    const { instanceId, connector } = await clouds.boot();
    await clouds.hosts.restart(instanceId, "cloudflared@20241");
    const after = clouds.report(instanceId).connector;
    expect(after).toMatchObject({ tunnelId: tunnel.id, port: 20241 });
    expect(after?.connectorId).not.toBe(connector?.connectorId);
    expect(clouds.hosts.instanceOf(after?.connectorId ?? "")).toBe(instanceId);
    expect(clouds.hosts.instanceOf(connector?.connectorId ?? "")).toBeUndefined();
  });

  it("cannot come back with the old secret, until the new one is there", async () => {
    const clouds = await EmulatedClouds.start();
    const tunnel = await clouds.tenantParts();
    const { instanceId } = await clouds.boot();
    clouds.rotateSecret(tunnel);
    await clouds.hosts.restart(instanceId, "cloudflared@20241");
    expect(clouds.report(instanceId)).toMatchObject({ state: "failed" });
    expect(clouds.cloudflare.tunnels.connectors(tunnel.id)).toEqual([]);

    await clouds.publishToken(tunnel);
    await until(() => clouds.report(instanceId).connector !== undefined);
    await until(() => clouds.report(instanceId).state === "running");
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
    const unit = (name: string, text: string) => ({ path: `/etc/systemd/system/${name}`, content: text });
    const userData = `#cloud-config\n${JSON.stringify({
      write_files: [
        unit("first.service", "[Service]\nType=oneshot\nExecStart=/bin/false\n"),
        unit(
          "second.service",
          "[Unit]\nRequires=first.service\nAfter=first.service\n[Service]\nExecStart=/bin/true\n",
        ),
      ],
      runcmd: ["systemctl start --no-block second.service"],
    })}`;
    const { units } = await clouds.boot({ userData });
    expect(units).toContainEqual({
      name: "second.service",
      state: "failed",
      reason: "Dependency failed: first.service",
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
      reported: before.reported,
      connector: before.connector,
    });
    expect(clouds.cloudflare.tunnels.connectors(tunnel.id)).toEqual(connectors);
    expect(clouds.aws.calls.since(mark)).toEqual([]);

    await clouds.publishToken(tunnel);
    await later.settled();
    expect(later.report(instanceId)).toMatchObject({ state: "running", reported: { tunnelToken: 2 } });
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
    await clouds.allowReading(clouds.roleOf(instanceId), ["tunnel-token", "bucket-environment"]);

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
