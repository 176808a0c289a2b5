import { describe, expect, it } from "vitest";
import { AwsError } from "../../../sandbox/aws/operation.ts";
import { hasThrowAwayRoots } from "./available.ts";
import { BootedHost } from "./bootedHost.ts";
import {
  APP_UNIT,
  BUCKET_PARAMETER,
  bucketEnvironment,
  REPORT_PARAMETER,
  TOKEN_PARAMETER,
  token,
} from "./tenant.ts";

const FIRST = { "cloudflared@20241.service": token(1), [APP_UNIT]: bucketEnvironment(1) };

/** How often the host has written its report, and nobody else. */
async function reportsOf(host: BootedHost): Promise<number> {
  const { version } = await host.parameters.get(REPORT_PARAMETER);
  const written = host.parameters.calls.filter((call) => call === `ssm:PutParameter ${REPORT_PARAMETER}`);
  expect(version - 1).toBeGreaterThanOrEqual(written.length);
  return written.length;
}

describe.runIf(hasThrowAwayRoots())("new secrets", () => {
  it("arrive by themselves, the connector's without a gap (with the real AWS command line)", async () => {
    const host = await BootedHost.establish({ hasRealAws: true });
    await host.publish(2);
    expect(await host.sync()).toMatchObject({ exitCode: 0 });
    expect(host.units()).toEqual({ "cloudflared@20242.service": token(2), [APP_UNIT]: bucketEnvironment(2) });
    expect(host.calls("systemctl")).toEqual([
      `reload-or-restart ${APP_UNIT}`,
      "is-active --quiet cloudflared@20241.service",
      "restart cloudflared@20242.service",
      "stop --no-block cloudflared@20241.service",
    ]);
    expect(host.calls("connectors")).not.toContain("0");
    expect(await host.report()).toMatchObject({ tunnelToken: 2, bucketEnvironment: 2, keyGeneration: 2 });
    expect(await reportsOf(host)).toBe(1);
    expect(host.mirror.requests).toEqual([]);
  });

  it("leave alone what does not use them", async () => {
    const host = await BootedHost.establish();
    await host.parameters.put(BUCKET_PARAMETER, bucketEnvironment(2));
    expect(await host.sync()).toMatchObject({ exitCode: 0 });
    expect(host.calls("systemctl")).toEqual([`reload-or-restart ${APP_UNIT}`]);
    host.forgetCalls();
    await host.parameters.put(TOKEN_PARAMETER, token(2));
    expect(await host.sync()).toMatchObject({ exitCode: 0 });
    expect(host.calls("systemctl").join()).not.toContain(APP_UNIT);
    expect(host.units()).toEqual({ "cloudflared@20242.service": token(2), [APP_UNIT]: bucketEnvironment(2) });
  });

  it("of equal content are reported, and restart nothing", async () => {
    const host = await BootedHost.establish();
    await host.publish(1);
    expect(await host.sync()).toMatchObject({ exitCode: 0 });
    expect(host.calls("systemctl")).toEqual([]);
    expect(host.units()).toEqual(FIRST);
    expect(await host.report()).toMatchObject({ tunnelToken: 2, bucketEnvironment: 2, keyGeneration: 1 });
    host.forgetCalls();
    expect(await host.sync()).toMatchObject({ exitCode: 0, output: "" });
    expect(await reportsOf(host)).toBe(0);
  });

  it("arrive from parameters that were deleted and made again, with a version that the host has already", async () => {
    const host = await BootedHost.establish();
    for (const [name, value] of [
      [TOKEN_PARAMETER, token(2)],
      [BUCKET_PARAMETER, bucketEnvironment(2)],
    ] as const) {
      await host.parameters.delete(name);
      expect(await host.parameters.put(name, value)).toBe(1);
    }
    expect(await host.sync()).toMatchObject({ exitCode: 0 });
    expect(host.units()).toEqual({ "cloudflared@20242.service": token(2), [APP_UNIT]: bucketEnvironment(2) });
    expect(await host.report()).toMatchObject({ tunnelToken: 1, bucketEnvironment: 1, keyGeneration: 2 });
  });

  it("that change between list and fetch never mix: one version comes whole, the other in the next run", async () => {
    const host = await BootedHost.establish();
    await host.publish(2);
    let isFirst = true;
    host.parameters.fault = async ({ operation }, proceed) => {
      if (operation === "ssm:GetParameter" && isFirst) {
        isFirst = false;
        await host.publish(3);
      }
      return proceed();
    };
    expect(await host.sync()).toMatchObject({ exitCode: 0 });
    expect(host.units()).toEqual({ "cloudflared@20242.service": token(2), [APP_UNIT]: bucketEnvironment(2) });
    expect(await host.report()).toMatchObject({ tunnelToken: 2, bucketEnvironment: 2, keyGeneration: 2 });
    expect(await host.sync()).toMatchObject({ exitCode: 0 });
    expect(host.units()).toEqual({ "cloudflared@20241.service": token(3), [APP_UNIT]: bucketEnvironment(3) });
    expect(await host.report()).toMatchObject({ tunnelToken: 3, bucketEnvironment: 3, keyGeneration: 3 });
  });

  it("that changed several times between two runs arrive as the last ones", async () => {
    const host = await BootedHost.establish();
    for (const generation of [2, 3, 4]) await host.publish(generation);
    expect(await host.sync()).toMatchObject({ exitCode: 0 });
    expect(host.units()).toEqual({ "cloudflared@20242.service": token(4), [APP_UNIT]: bucketEnvironment(4) });
    expect(host.parameters.calls.filter((call) => call.startsWith("ssm:GetParameter "))).toEqual([
      `ssm:GetParameter ${TOKEN_PARAMETER}:4`,
      `ssm:GetParameter ${BUCKET_PARAMETER}:4`,
    ]);
  });

  it.each([
    ["empty", ""],
    ["white space", " \n\t"],
  ])("that are %s change nothing, until there are better ones", async (_, value) => {
    const host = await BootedHost.establish();
    await host.publish(2);
    host.parameters.fault = async ({ operation }, proceed) => {
      const answer = await proceed();
      return operation === "ssm:GetParameter" ? { Parameter: { Value: value } } : answer;
    };
    const { exitCode, output } = await host.sync();
    expect({ exitCode, output }).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining(`${TOKEN_PARAMETER}: version 2 is empty: the older one stays`),
    });
    expect([host.units(), host.calls("systemctl")]).toEqual([FIRST, []]);
    expect(await host.report()).toMatchObject({ tunnelToken: 1, bucketEnvironment: 1 });
    host.parameters.fault = undefined;
    expect(await host.sync()).toMatchObject({ exitCode: 0 });
    expect(host.units()).toEqual({ "cloudflared@20242.service": token(2), [APP_UNIT]: bucketEnvironment(2) });
  });

  it("of which one cannot be read do not keep the other from arriving", async () => {
    const host = await BootedHost.establish();
    await host.publish(2);
    host.parameters.fault = async ({ operation, input }, proceed) => {
      if (operation === "ssm:GetParameter" && "Name" in input && input.Name === `${TOKEN_PARAMETER}:2`)
        throw new AwsError("InternalServerError", "", 500);
      return proceed();
    };
    expect(await host.sync()).toMatchObject({ exitCode: 1 });
    expect(host.units()).toEqual({ ...FIRST, [APP_UNIT]: bucketEnvironment(2) });
    expect(await host.report()).toMatchObject({ tunnelToken: 1, bucketEnvironment: 2, keyGeneration: 2 });
  });

  it("do not stop the old connector when the new one does not connect, and are tried again", async () => {
    const host = await BootedHost.establish();
    await host.publish(2);
    host.root.write("/test/refuse-connectors", "");
    for (const _ of [1, 2]) {
      const { exitCode, output } = await host.sync();
      expect({ exitCode, output }).toMatchObject({
        exitCode: 1,
        output: expect.stringContaining("the new connector did not connect: whatever ran before still does"),
      });
      expect(host.units()).toEqual({ ...FIRST, [APP_UNIT]: bucketEnvironment(2) });
      expect(await host.report()).toMatchObject({ tunnelToken: 1, bucketEnvironment: 2 });
    }
    expect(host.calls("systemctl")).not.toContainEqual(expect.stringMatching(/^stop .*20241/));
    host.root.remove("/test/refuse-connectors");
    expect(await host.sync()).toMatchObject({ exitCode: 0 });
    expect(host.units()).toMatchObject({ "cloudflared@20242.service": token(2) });
    expect(Object.keys(host.units())).toHaveLength(2);
    expect(host.calls("connectors")).not.toContain("0");
  });
});

describe.runIf(hasThrowAwayRoots())("parameters", () => {
  it("that are missing are named, and what the others are for is done", async () => {
    const host = await BootedHost.create();
    await host.parameters.delete(TOKEN_PARAMETER);
    const { exitCode, output } = await host.sync();
    expect({ exitCode, output }).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining(`fetch-secrets: ${TOKEN_PARAMETER} does not exist`),
    });
    expect(host.units()).toEqual({ [APP_UNIT]: bucketEnvironment(1) });
    expect(await host.report()).toMatchObject({ tunnelToken: 0, bucketEnvironment: 1, connectorId: "" });
    await host.parameters.put(TOKEN_PARAMETER, token(1));
    expect(await host.sync()).toMatchObject({ exitCode: 0 });
    expect(host.units()).toEqual(FIRST);
  });

  it("that were removed leave a host that runs as it is", async () => {
    const host = await BootedHost.establish();
    await host.parameters.delete(TOKEN_PARAMETER);
    expect(await host.sync()).toMatchObject({ exitCode: 1 });
    expect([host.units(), host.calls("systemctl")]).toEqual([FIRST, []]);
    expect(await host.report()).toMatchObject({ tunnelToken: 1 });
  });

  const refusing = (code: string) => (host: BootedHost) => {
    host.parameters.fault = async () => {
      throw new AwsError(code, "no");
    };
  };
  const stop = (host: BootedHost) => {
    host.parameters.isUp = false;
  };

  it.each([
    ["is down", stop],
    ["throttles", refusing("ThrottlingException")],
    ["refuses the role", refusing("AccessDeniedException")],
  ])("leave a host that runs as it is while SSM %s, without waiting", async (_, breakIt) => {
    const host = await BootedHost.establish();
    await host.sync();
    const before = host.files();
    await host.publish(2);
    breakIt(host);
    for (const _run of [1, 2]) {
      const { exitCode, output } = await host.sync();
      expect({ exitCode, output }).toMatchObject({
        exitCode: 1,
        output: expect.stringContaining("the parameters could not be read"),
      });
    }
    expect([host.units(), host.calls("systemctl"), host.calls("sleep")]).toEqual([FIRST, [], []]);
    expect(host.files()).toEqual(before);
    host.parameters.isUp = true;
    host.parameters.fault = undefined;
    expect(await host.sync()).toMatchObject({ exitCode: 0 });
    expect(host.units()).toEqual({ "cloudflared@20242.service": token(2), [APP_UNIT]: bucketEnvironment(2) });
  });
});

describe.runIf(hasThrowAwayRoots())("the report", () => {
  it("is written once, and again when it says something else, by the host's own role", async () => {
    const host = await BootedHost.create();
    const writers: string[] = [];
    host.parameters.fault = async ({ operation, caller }, proceed) => {
      if (operation === "ssm:PutParameter") writers.push(caller.arn);
      return proceed();
    };
    for (const _ of [1, 2, 3]) expect(await host.sync()).toMatchObject({ exitCode: 0 });
    expect(writers).toEqual([expect.stringMatching(`assumed-role/host/${host.parameters.instanceId}$`)]);
    // The connector has lost its id: another one runs.
    await host.run("systemctl restart cloudflared@20241.service");
    for (const _ of [1, 2, 3]) expect(await host.sync()).toMatchObject({ exitCode: 0 });
    expect(writers).toHaveLength(2);
  });

  it("is written again when somebody has overwritten it", async () => {
    const host = await BootedHost.establish();
    const own = await host.parameters.get(REPORT_PARAMETER);
    await host.parameters.put(REPORT_PARAMETER, "none", "String");
    expect(await host.sync()).toMatchObject({ exitCode: 0 });
    expect((await host.parameters.get(REPORT_PARAMETER)).value).toBe(own.value);
  });

  it("comes later when SSM did not take it", async () => {
    const host = await BootedHost.create();
    host.parameters.fault = async ({ operation }, proceed) => {
      if (operation === "ssm:PutParameter") throw new AwsError("TooManyUpdates", "");
      return proceed();
    };
    expect(await host.sync()).toMatchObject({ exitCode: 1 });
    expect(host.units()).toEqual(FIRST);
    host.parameters.fault = undefined;
    expect(await host.sync()).toMatchObject({ exitCode: 0 });
    expect(await host.report()).toMatchObject({ tunnelToken: 1, bucketEnvironment: 1 });
  });
});
