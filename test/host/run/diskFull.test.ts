import { describe, expect, it } from "vitest";
import { hasThrowAwayRoots } from "./available.ts";
import { BootedHost } from "./bootedHost.ts";
import { APP_UNIT, bucketEnvironment, token } from "./tenant.ts";

const SYNC = "/usr/local/libexec/tenant-edge/sync";
/** Room for what a host keeps, in bytes. */
const SIZE = 256 * 1024;
const FILL = "PATH=/usr/bin dd if=/dev/zero of=/run/tenant-edge/fill bs=1k 2>/dev/null";
const FREE = "rm /run/tenant-edge/fill";
/** For what lies on the tmpfs, which goes with the command. */
const KEPT = "/test/kept";

describe.runIf(hasThrowAwayRoots())("a full disk (with the real AWS command line)", () => {
  it("at the first boot leaves nothing half done, and the next run does it all", async () => {
    const host = await BootedHost.create({ hasRealAws: true });
    const { exitCode, output } = await host.run(
      `${FILL}; ${SYNC}; echo "full: $?"; ls /test/units; ${FREE}; ${SYNC}; echo "free: $?"`,
      { runSize: SIZE },
    );
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
    expect(output).toMatch(/full: 1\n(?:.*\n)*free: 0$/);
    expect(host.units()).toEqual({ "cloudflared@20241.service": token(1), [APP_UNIT]: bucketEnvironment(1) });
    expect(await host.report()).toMatchObject({ tunnelToken: 1, bucketEnvironment: 1, keyGeneration: 1 });
  });

  it("at a rotation keeps what runs and its files, and the next run takes the new secrets", async () => {
    const host = await BootedHost.establish({ hasRealAws: true });
    await host.run(`cp -a /run/tenant-edge ${KEPT}/before`);
    await host.publish(2);
    const { output } = await host.run(
      `cp -a ${KEPT}/before/. /run/tenant-edge; ${FILL}; ${SYNC}; echo "full: $?"; ${FREE}
       cp -a /run/tenant-edge ${KEPT}/full; ls /test/units; ${SYNC}; echo "free: $?"`,
      { runSize: SIZE },
    );
    expect(output).toMatch(/full: 1\ncloudflared@20241\.service\nmy-app\.service\n(?:.*\n)*free: 0$/);
    const kept = (name: string) => {
      const files = Object.entries(host.root.tree(`${KEPT}/${name}`)).filter(
        ([path]) => !path.endsWith(".fresh"),
      );
      return files.map(([path, shown]) => [path.slice(KEPT.length + name.length + 1), shown]);
    };
    expect(kept("full")).toEqual(kept("before"));
    expect(host.units()).toEqual({ "cloudflared@20242.service": token(2), [APP_UNIT]: bucketEnvironment(2) });
    expect(host.calls("connectors")).not.toContain("0");
    expect(await host.report()).toMatchObject({ tunnelToken: 2, bucketEnvironment: 2, keyGeneration: 2 });
  });
});
