/** The host's scripts and the app, run for real in a throw-away root. */
import { describe, expect, it } from "vitest";
import { startApp } from "./app.ts";
import { hasThrowAwayRoots } from "./available.ts";
import { BootedHost } from "./bootedHost.ts";
import { APP_UNIT, bucketEnvironment, token } from "./tenant.ts";

const startsOfConnectors = (host: BootedHost) =>
  host.calls("systemctl").filter((call) => call.startsWith("restart cloudflared@"));

describe.runIf(hasThrowAwayRoots())("a host with an app", () => {
  it("has no connector before the app answers, whatever it answers", async () => {
    const app = await startApp();
    app.isUp = false;
    const host = await BootedHost.create({ spec: { appUrl: app.url } });
    expect(await host.sync()).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining(`the app does not answer at ${app.url}`),
    });
    expect(startsOfConnectors(host)).toEqual([]);
    expect(await host.report()).toMatchObject({ connectorId: "", tunnelToken: 0, keyGeneration: 1 });
    app.isUp = true;
    expect(await host.sync()).toMatchObject({ exitCode: 0 });
    expect(host.units()).toMatchObject({ "cloudflared@20241.service": token(1) });
  });

  it("keeps its connector, and takes new tokens, while the app is down", async () => {
    const app = await startApp();
    const host = await BootedHost.establish({ spec: { appUrl: app.url } });
    app.isUp = false;
    await host.publish(2);
    expect(await host.sync()).toMatchObject({ exitCode: 0 });
    expect(host.units()).toMatchObject({ "cloudflared@20242.service": token(2) });
    expect(host.calls("connectors")).not.toContain("0");
  });

  it("reports the older key while the app has not taken the new one", async () => {
    const host = await BootedHost.establish();
    await host.publish(2);
    host.root.write("/test/refuse-app", "");
    expect(await host.sync()).toMatchObject({ exitCode: 1 });
    expect(await host.report()).toMatchObject({ tunnelToken: 2, bucketEnvironment: 1, keyGeneration: 1 });
    host.root.remove("/test/refuse-app");
    expect(await host.sync()).toMatchObject({ exitCode: 0 });
    expect(await host.report()).toMatchObject({ bucketEnvironment: 2, keyGeneration: 2 });
    expect(host.units()).toMatchObject({ [APP_UNIT]: bucketEnvironment(2) });
  });
});
