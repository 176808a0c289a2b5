import { describe, expect, it } from "vitest";
import { renderUserData } from "../../../host/userData.ts";
import { edgeApp } from "../../../sandbox/edge/edge.ts";
import { APP_IMAGE, EmulatedClouds, type LaunchOptions, SPEC, until } from "./emulatedClouds.ts";

const HOSTNAME = "acme.example.com";

/** A host behind the edge, with a visitor who never stops asking. */
async function served(options: LaunchOptions = {}) {
  const clouds = await EmulatedClouds.start({ millisecondsPerSecond: 2 });
  const tunnel = await clouds.tenantParts({
    ingress: [{ hostname: HOSTNAME, service: "http://localhost:8080" }, { service: "http_status:404" }],
  });
  clouds.record(HOSTNAME, `${tunnel.id}.cfargotunnel.com`);
  const { instanceId } = await clouds.boot(options);
  const edge = edgeApp(clouds);
  const visit = async (path = "/") =>
    edge.request(`https://${HOSTNAME}${path}`, { headers: { host: HOSTNAME } });
  /** Statuses of all requests until the work is done, at least one. */
  const during = async (path: string, work: Promise<unknown>): Promise<Record<number, number>> => {
    const seen: Record<number, number> = {};
    let isDone = false;
    void work.finally(() => {
      isDone = true;
    });
    do {
      const { status } = await visit(path);
      seen[status] = (seen[status] ?? 0) + 1;
      await new Promise((resolve) => setImmediate(resolve));
    } while (!isDone);
    await work;
    return seen;
  };
  return { clouds, tunnel, instanceId, visit, during };
}

describe("a rotation reaches a host by itself", () => {
  it("takes a new token with a second connector before the first one goes: no request fails", async () => {
    const { clouds, tunnel, instanceId, during } = await served();
    const before = clouds.report(instanceId).connector;
    clouds.rotateSecret(tunnel);
    expect(clouds.report(instanceId).connector).toEqual(before);

    await clouds.publishToken(tunnel);
    const seen = await during("/", clouds.hosts.settled());
    expect(Object.keys(seen)).toEqual(["200"]);
    const { connector, reported } = clouds.report(instanceId);
    expect(connector).toMatchObject({ tunnelId: tunnel.id, port: 20242 });
    expect(connector?.connectorId).not.toBe(before?.connectorId);
    expect(reported).toMatchObject({ tunnelToken: 2, connectorId: connector?.connectorId });
    await until(() => clouds.cloudflare.tunnels.connectors(tunnel.id).length === 1);
  });

  it("takes a token from a parameter that was deleted and made again, and so has the same version", async () => {
    const { clouds, tunnel, instanceId } = await served();
    clouds.rotateSecret(tunnel);
    await clouds.aws.call("ssm:DeleteParameter", { Name: `${SPEC.parameterPath}/tunnel-token` });
    await clouds.publishToken(tunnel);
    await clouds.hosts.settled();
    const { connector, reported } = clouds.report(instanceId);
    expect(connector).toMatchObject({ tunnelId: tunnel.id, port: 20242 });
    expect(reported).toMatchObject({ tunnelToken: 1, connectorId: connector?.connectorId });
  });

  it("goes back and forth between its two ports", async () => {
    const { clouds, tunnel, instanceId } = await served();
    const ports: (number | undefined)[] = [];
    for (let count = 0; count < 2; count += 1) {
      clouds.rotateSecret(tunnel);
      await clouds.publishToken(tunnel);
      await clouds.hosts.settled();
      await until(() => clouds.cloudflare.tunnels.connectors(tunnel.id).length === 1);
      ports.push(clouds.report(instanceId).connector?.port);
    }
    expect(ports).toEqual([20242, 20241]);
  });

  it("keeps the old connector when the new token lets nobody in, and takes the next one", async () => {
    const { clouds, tunnel, instanceId, during } = await served();
    const before = clouds.report(instanceId).connector;
    clouds.rotateSecret(tunnel);
    await clouds.publishToken(tunnel);
    clouds.rotateSecret(tunnel);
    const seen = await during("/", clouds.hosts.settled());
    expect(Object.keys(seen)).toEqual(["200"]);
    expect(clouds.report(instanceId)).toMatchObject({
      connector: before,
      state: "failed",
      reason: expect.stringContaining("whatever ran before still does"),
      reported: { tunnelToken: 1 },
    });

    await clouds.publishToken(tunnel);
    await clouds.hosts.settled();
    expect(clouds.report(instanceId)).toMatchObject({ state: "running", reported: { tunnelToken: 3 } });
  });

  it.each([
    ["the sandbox's own app", {}],
    [
      "a container",
      { userData: renderUserData({ ...SPEC, app: { container: { image: "nginx", port: 8080 } } }) },
    ],
    [
      "a unit of the image",
      { userData: renderUserData({ ...SPEC, app: { unit: "my-app.service" } }), imageId: APP_IMAGE },
    ],
  ])("gives a new generation of the bucket's key to %s while the old one lives", async (_, options) => {
    const { clouds, instanceId, visit } = await served(options);
    expect(await (await visit("/bucket")).json()).toEqual({ generation: 1, status: 200 });
    await clouds.publishKey(2);
    await clouds.hosts.settled();
    expect(clouds.report(instanceId).reported).toMatchObject({ bucketEnvironment: 2, keyGeneration: 2 });
    await expect
      .poll(async () => (await visit("/bucket")).json().catch(() => undefined))
      .toEqual({ generation: 2, status: 200 });
  });

  it("leaves an app without access whose key is revoked before the host has another", async () => {
    const clouds = await served();
    const keyId = await clouds.clouds.publishKey(2);
    await clouds.clouds.hosts.settled();
    clouds.clouds.revokeKey(keyId);
    const response = await clouds.visit("/bucket");
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ generation: 2, status: 401 });
  });
});

describe("an app that the user data names", () => {
  it("is reached only while it runs", async () => {
    const userData = renderUserData({ ...SPEC, app: { unit: "my-app.service" } });
    const { clouds, instanceId, visit } = await served({ userData, imageId: APP_IMAGE });
    expect((await visit()).status).toBe(200);
    await clouds.systemctl(instanceId, "stop my-app.service");
    expect((await visit()).status).toBe(502);
    await clouds.systemctl(instanceId, "start my-app.service");
    expect((await visit()).status).toBe(200);
  });
});
