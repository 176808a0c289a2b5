import { describe, expect, it } from "vitest";
import { AwsError } from "../../../sandbox/aws/operation.ts";
import { hasThrowAwayRoots } from "./available.ts";
import { BootedHost, cloudflaredBinary } from "./bootedHost.ts";
import {
  APP_UNIT,
  BUCKET_PARAMETER,
  bucketEnvironment,
  REPORT_PARAMETER,
  TOKEN_PARAMETER,
  token,
} from "./tenant.ts";

const BINARY = "/usr/local/bin/cloudflared";
const MINUTES = 60;
/** An ordinary user has no second group to tell from the first. */
const OF_APP = process.getuid?.() === 0 ? " tenant-app" : "";

/** What the host's calls were, without the parameters' names. */
const operations = (host: BootedHost) => host.parameters.calls.map((call) => call.split(" ")[0]);

describe.runIf(hasThrowAwayRoots())("the first boot", () => {
  it("ends with a connector and the app, each with its secret, and a report (with the real AWS command line)", async () => {
    const host = await BootedHost.create({ hasRealAws: true });
    const { exitCode, output } = await host.sync();
    expect({ exitCode, lines: output.split("\n").map((line) => line.split("{")[0]) }).toEqual({
      exitCode: 0,
      lines: [
        `fetch-secrets: ${TOKEN_PARAMETER}: fetched version 1`,
        `fetch-secrets: ${BUCKET_PARAMETER}: fetched version 1`,
        `refresh-app: restart of ${APP_UNIT}`,
        `install-cloudflared: installed ${host.version}`,
        "start-connector: connected, metrics on port 20241",
        "report-versions: reported ",
      ],
    });
    expect(host.units()).toEqual({
      "cloudflared@20241.service": token(1),
      [APP_UNIT]: bucketEnvironment(1),
    });
    expect(await host.report()).toEqual({
      instanceId: host.parameters.instanceId,
      connectorId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      cloudflared: host.version,
      tunnelToken: 1,
      bucketEnvironment: 1,
      keyGeneration: 1,
    });
  });

  it("leaves secrets that root alone may read, but for the app's own", async () => {
    const files = (await BootedHost.establish()).files();
    const secrets = Object.entries(files).filter(([, shown]) => shown.includes("canary"));
    expect(secrets).toEqual([
      ["/run/tenant-edge/app/bucket.env", expect.stringMatching(`^0640${OF_APP}\n`)],
      ["/run/tenant-edge/secrets/bucket-environment", expect.stringMatching(/^0600\n/)],
      ["/run/tenant-edge/secrets/tunnel-token", expect.stringMatching(/^0600\n/)],
    ]);
    expect(files).toMatchObject({
      "/run/tenant-edge/app/": `0750${OF_APP}`,
      "/run/tenant-edge/secrets/": "0700",
      "/run/tenant-edge/state/": "0700",
    });
  });

  it("is done once: a second run asks for the versions in one call and changes nothing (with the real AWS command line)", async () => {
    const host = await BootedHost.establish({ hasRealAws: true });
    const before = { ...host.files(), "/run/tenant-edge/state/listed": expect.any(String) };
    expect(await host.sync()).toMatchObject({ exitCode: 0, output: "" });
    expect(host.parameters.calls).toEqual([
      `ssm:GetParameters ${TOKEN_PARAMETER} ${BUCKET_PARAMETER} ${REPORT_PARAMETER}`,
    ]);
    expect([host.calls("systemctl"), host.mirror.requests]).toEqual([[], []]);
    expect(host.files()).toEqual(before);
  });

  it("starts an app without a bucket, and once", async () => {
    const host = await BootedHost.establish({ spec: { hasBucket: false } });
    expect(Object.keys(host.units())).toEqual(["cloudflared@20241.service", APP_UNIT]);
    expect(await host.report()).toMatchObject({ tunnelToken: 1, bucketEnvironment: 0, keyGeneration: 0 });
    expect(await host.sync()).toMatchObject({ exitCode: 0, output: "" });
    expect(host.calls("systemctl")).toEqual([]);
  });

  it("never has a secret among the arguments of a program", async () => {
    const host = await BootedHost.create({ isTraced: true });
    expect(await host.sync()).toMatchObject({ exitCode: 0 });
    await host.publish(2);
    expect(await host.sync()).toMatchObject({ exitCode: 0 });
    const traced = host.calls("arguments");
    expect(traced).toContainEqual(expect.stringMatching(/^aws ssm get-parameter --with-decryption /));
    expect(traced.filter((line) => line.includes("canary"))).toEqual([]);
  });
});

describe.runIf(hasThrowAwayRoots())("a role that is not effective yet", () => {
  it("is waited for, in growing pauses with jitter", async () => {
    const host = await BootedHost.create();
    host.parameters.fault = async (_, proceed) => {
      if (host.clock < 5 * MINUTES) throw new AwsError("AccessDeniedException", "not yet");
      return proceed();
    };
    await host.syncUntilDone();
    expect(host.units()).toEqual({ "cloudflared@20241.service": token(1), [APP_UNIT]: bucketEnvironment(1) });
    expect(await host.report()).toMatchObject({ tunnelToken: 1, bucketEnvironment: 1 });
    expect(host.clock).toBeGreaterThanOrEqual(5 * MINUTES);
    expect(host.clock).toBeLessThan(8 * MINUTES);
    const pauses = host.calls("sleep").map(Number);
    const least = [1, 2, 4, 7, 11, 17, 26, 30].slice(0, pauses.length);
    for (const [index, shortest] of least.entries()) {
      expect(pauses[index]).toBeGreaterThanOrEqual(shortest);
      expect(pauses[index]).toBeLessThanOrEqual(2 * shortest);
    }
  });

  it("makes a run end that would wait without end, and the next one finds it effective", async () => {
    const host = await BootedHost.create();
    let isEffective = false;
    host.parameters.fault = async (_, proceed) => {
      if (!isEffective) throw new AwsError("AccessDeniedException", "not yet");
      return proceed();
    };
    const { exitCode, output } = await host.sync();
    expect({ exitCode, output }).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining("the parameters could not be read: does the host's role allow it"),
    });
    expect(host.units()).toEqual({});
    isEffective = true;
    expect(await host.syncUntilDone()).toBe(1);
    expect(host.units()).toMatchObject({ "cloudflared@20241.service": token(1) });
  });

  it("does not get what it may not have: the policy of the role holds here too", async () => {
    const host = await BootedHost.establish();
    const other =
      await host.run(`aws ssm get-parameter --with-decryption --name /tenant-edge/prod/other/tunnel-token \\
      --output text --query Parameter.Value`);
    expect(other).toMatchObject({ exitCode: 254, output: expect.stringContaining("AccessDeniedException") });
  });

  it("is not in doubt when SSM throttles: the command line asks again by itself (the real one)", async () => {
    const host = await BootedHost.create({ hasRealAws: true });
    let refusals = 2;
    host.parameters.fault = async (_, proceed) => {
      if (refusals-- > 0) throw new AwsError("ThrottlingException", "Rate exceeded");
      return proceed();
    };
    expect(await host.sync()).toMatchObject({ exitCode: 0 });
    expect(host.calls("sleep")).toEqual([]);
    expect(operations(host).filter((name) => name === "ssm:GetParameters")).toHaveLength(3);
  });
});

describe.runIf(hasThrowAwayRoots())("cloudflared", () => {
  it("is not fetched where the image has the version", async () => {
    const host = await BootedHost.create();
    host.root.write(BINARY, cloudflaredBinary(host.version), 0o755);
    expect(await host.sync()).toMatchObject({ exitCode: 0 });
    expect(host.mirror.requests).toEqual([]);
    expect(host.units()).toMatchObject({ "cloudflared@20241.service": token(1) });
  });

  it.each(["2026.9.0", "2026.10.01", "12026.10.0"])("replaces version %s of the image", async (version) => {
    const host = await BootedHost.create();
    host.root.write(BINARY, cloudflaredBinary(version), 0o755);
    expect(await host.sync()).toMatchObject({ exitCode: 0 });
    expect(host.root.read(BINARY)).toBe(cloudflaredBinary(host.version));
  });

  it("is fetched once a mirror is back that was down three times", async () => {
    const host = await BootedHost.create();
    host.mirror.faults.push("reset", "unavailable", "reset");
    expect(await host.sync()).toMatchObject({ exitCode: 0 });
    expect(host.mirror.requests).toHaveLength(4);
    expect(host.root.tree("/usr/local/bin")).toEqual({ [BINARY]: `0755\n${host.mirror.content}` });
  });

  it("is fetched anew when the download breaks off", async () => {
    const host = await BootedHost.create();
    host.mirror.faults.push("truncated");
    expect(await host.sync()).toMatchObject({ exitCode: 0 });
    expect(host.root.tree("/usr/local/bin")).toEqual({ [BINARY]: `0755\n${host.mirror.content}` });
  });

  it("is never run with another checksum, nor left there; the right one is taken later", async () => {
    const host = await BootedHost.create();
    const right = host.mirror.content;
    host.mirror.content = `${right}# of somebody else\n`;
    const { exitCode, output } = await host.sync();
    expect({ exitCode, output }).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining("does not have the SHA-256"),
    });
    // Whoever runs it leaves a line there.
    expect(host.calls("cloudflared")).toEqual([]);
    expect(host.root.tree("/usr/local/bin")).toEqual({});
    expect(host.calls("systemctl").filter((call) => call.includes("cloudflared@"))).toEqual([]);
    expect(await host.report()).toMatchObject({ tunnelToken: 0, connectorId: "" });
    host.mirror.content = right;
    expect(await host.sync()).toMatchObject({ exitCode: 0 });
    expect(host.units()).toMatchObject({ "cloudflared@20241.service": token(1) });
    expect(await host.report()).toMatchObject({ tunnelToken: 1 });
  });

  it("leaves an older version in place when the new one has another checksum", async () => {
    const host = await BootedHost.create();
    host.root.write(BINARY, cloudflaredBinary("2026.9.0"), 0o755);
    host.mirror.content = "of somebody else";
    expect(await host.sync()).toMatchObject({ exitCode: 1 });
    expect(host.root.tree("/usr/local/bin")).toEqual({ [BINARY]: `0755\n${cloudflaredBinary("2026.9.0")}` });
  });
});
