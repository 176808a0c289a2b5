import { beforeEach, describe, expect, it } from "vitest";
import { hasThrowAwayRoots } from "./available.ts";
import { BootedHost } from "./bootedHost.ts";

const COOL_DOWN = 600;
const RESTART = "try-restart --no-block cloudflared@20241.service";

describe.runIf(hasThrowAwayRoots())("the watchdog", () => {
  let host: BootedHost;

  beforeEach(async () => {
    host = await BootedHost.establish();
    host.clock = 1000;
  });

  /** Each probe, half a minute after the one before. Resolves with what the last one said. */
  async function probe(times: number): Promise<string> {
    let said = "";
    for (let count = 0; count < times; count++) {
      const { exitCode, output } = await host.watch();
      expect(exitCode).toBe(0);
      said = output;
      host.clock += 30;
    }
    return said;
  }

  it("says and does nothing while the connector is ready", async () => {
    expect(await probe(3)).toBe("");
    expect(host.calls("systemctl")).toEqual([]);
  });

  it("does nothing at one failed probe", async () => {
    host.connectors.isReady = false;
    expect(await probe(1)).toBe("watch-connector: not ready: the next probe decides");
    expect(host.calls("systemctl")).toEqual([]);
  });

  it("restarts the connector once at two of them", async () => {
    host.connectors.isReady = false;
    expect(await probe(2)).toBe("watch-connector: not ready twice: restart");
    expect(host.calls("systemctl")).toEqual([RESTART]);
  });

  it("takes no answer for not ready", async () => {
    host.root.remove("/test/units/cloudflared@20241.service");
    await probe(2);
    expect(host.calls("systemctl")).toEqual([RESTART]);
  });

  it("restarts the connector that runs", async () => {
    await host.publish(2);
    await host.sync();
    host.forgetCalls();
    host.connectors.isReady = false;
    await probe(2);
    expect(host.calls("systemctl")).toEqual(["try-restart --no-block cloudflared@20242.service"]);
  });

  it("starts to count anew when the connector was ready in between", async () => {
    for (const isReady of [false, true, false]) {
      host.connectors.isReady = isReady;
      await probe(1);
    }
    expect(host.calls("systemctl")).toEqual([]);
    await probe(1);
    expect(host.calls("systemctl")).toEqual([RESTART]);
  });

  it("restarts nothing while the edge cannot be reached, and gives the connector two probes when it can be again", async () => {
    host.connectors.isReady = false;
    host.isEdgeUp = false;
    expect(await probe(9)).toMatch(/ cannot be reached: a restart would not help$/);
    expect(host.calls("systemctl")).toEqual([]);
    host.isEdgeUp = true;
    await probe(1);
    expect(host.calls("systemctl")).toEqual([]);
    await probe(1);
    expect(host.calls("systemctl")).toEqual([RESTART]);
  });

  it("restarts once in ten minutes at most", async () => {
    host.connectors.isReady = false;
    await probe(2);
    const restartedAt = host.clock - 30;
    while (host.clock < restartedAt + COOL_DOWN) {
      expect(await probe(1)).toMatch(/: the next probe decides$|not again within 600 s$/);
    }
    expect(host.calls("systemctl")).toEqual([RESTART]);
    await probe(1);
    expect(host.calls("systemctl")).toEqual([RESTART, RESTART]);
  });

  it("is not held up by a clock that was set back", async () => {
    host.connectors.isReady = false;
    await probe(2);
    host.clock = -86_400;
    await probe(2);
    expect(host.calls("systemctl")).toEqual([RESTART, RESTART]);
  });
});

describe.runIf(hasThrowAwayRoots())("the watchdog and a connector that is stopped", () => {
  it("leaves it stopped: another may have replaced it at this moment", async () => {
    const host = await BootedHost.establish();
    await host.run("systemctl stop cloudflared@20241.service");
    for (const _ of [1, 2]) await host.watch();
    expect(host.calls("systemctl")).toContain(RESTART);
    expect(Object.keys(host.units())).not.toContain("cloudflared@20241.service");
  });
});

describe.runIf(hasThrowAwayRoots())("the watchdog before the first connector", () => {
  it("does nothing", async () => {
    const host = await BootedHost.create();
    for (const _ of [1, 2, 3]) expect(await host.watch()).toEqual({ exitCode: 0, output: "" });
    expect(host.calls("systemctl")).toEqual([]);
  });
});
