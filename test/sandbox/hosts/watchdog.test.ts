import { describe, expect, it } from "vitest";
import { EmulatedClouds, until } from "./emulatedClouds.ts";

const RESTART = "watch-connector: not ready twice: restart";

function count(clouds: EmulatedClouds, instanceId: string, line: string): number {
  return clouds.report(instanceId).log.filter((one) => one.includes(line)).length;
}

describe("the watchdog", () => {
  it("restarts a connector with a dead tunnel once, and not again within its cool-down", async () => {
    const clouds = await EmulatedClouds.start({ millisecondsPerSecond: 2 });
    const tunnel = await clouds.tenantParts();
    const { instanceId, connector } = await clouds.boot();

    clouds.hosts.loseTunnel(instanceId);
    expect(clouds.report(instanceId).connector).toBeUndefined();
    expect(clouds.cloudflare.tunnels.connectors(tunnel.id)).toEqual([]);
    await until(() => clouds.report(instanceId).connector !== undefined);
    expect(clouds.report(instanceId).connector?.connectorId).not.toBe(connector?.connectorId);
    expect(count(clouds, instanceId, RESTART)).toBe(1);

    clouds.hosts.loseTunnel(instanceId);
    await until(() => count(clouds, instanceId, "not again within 600 s") > 0);
    expect(count(clouds, instanceId, RESTART)).toBe(1);
    await until(() => count(clouds, instanceId, RESTART) === 2);
    await until(() => clouds.report(instanceId).connector !== undefined);
  });

  it("does not punish a short loss of the network", async () => {
    // Slow enough that a busy machine does not make the connector late.
    const clouds = await EmulatedClouds.start({ millisecondsPerSecond: 20 });
    await clouds.tenantParts();
    const { instanceId, connector } = await clouds.boot();
    const back = clouds.hosts.cutNetwork(instanceId, 130);
    expect(clouds.report(instanceId).connector).toBeUndefined();
    await back;
    await until(() => clouds.report(instanceId).connector !== undefined);
    expect(clouds.report(instanceId).connector).toEqual(connector);
    expect(count(clouds, instanceId, RESTART)).toBe(0);
    expect(count(clouds, instanceId, "cannot be reached: a restart would not help")).toBeGreaterThan(0);
  });
});

describe("a connector whose token is no longer valid", () => {
  it("keeps its connections, and is refused when it must dial anew", async () => {
    const clouds = await EmulatedClouds.start();
    const tunnel = await clouds.tenantParts();
    const { instanceId, connector } = await clouds.boot();
    clouds.rotateSecret(tunnel);
    expect(clouds.report(instanceId).connector).toEqual(connector);
    await clouds.hosts.cutNetwork(instanceId, 1);
    await until(() => JSON.stringify(clouds.report(instanceId).units).includes("Invalid tunnel secret"));
    expect(clouds.cloudflare.tunnels.connectors(tunnel.id)).toEqual([]);
    await clouds.publishToken(tunnel);
    await until(() => clouds.report(instanceId).connector !== undefined);
  });
});
