import { describe, expect, it } from "vitest";
import { hasThrowAwayRoots } from "./available.ts";
import { BootedHost } from "./bootedHost.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import {
  APP_UNIT,
  BUCKET_PARAMETER,
  bucketEnvironment,
  REPORT_PARAMETER,
  TOKEN_PARAMETER,
  token,
} from "./tenant.ts";

/** `all`: as when the unit is stopped. `shell`: one process alone, as when memory runs out; the others go on. */
const SCOPES = ["all", "shell"] as const;

/** Two at a time: as many as a small machine has processors. */
const LANES = [0, 1];

interface Situation {
  /** True: everything runs with the first generation of both secrets. */
  isEstablished: boolean;
  /** Of the secrets, when the run begins that is killed. */
  generation: number;
}

const FIRST_BOOT: Situation = { isEstablished: false, generation: 1 };
const ROTATION: Situation = { isEstablished: true, generation: 2 };

const newHost = ({ isEstablished }: Situation) =>
  isEstablished ? BootedHost.establish() : BootedHost.create();

async function undisturbed(situation: Situation): Promise<Outcome> {
  const host = await newHost(situation);
  if (situation.generation > 1) await host.publish(situation.generation);
  expect(await host.sync()).toMatchObject({ exitCode: 0 });
  return outcomeOf(host, APP_UNIT);
}

/** Kills at every command whose number is `first` modulo the number of lanes. Returns how often. */
async function killEverywhere(
  situation: Situation,
  scope: string,
  first: number,
  expected: Outcome,
): Promise<number> {
  const { generation, isEstablished } = situation;
  const host = await newHost(situation);
  const report = (await host.parameters.get(REPORT_PARAMETER)).value;
  host.root.save();
  for (let step = first + 1; ; step += LANES.length) {
    host.root.restore();
    await host.republish(generation, report);
    const environment = { BASH_ENV: "/test/killer.sh", KILL_AT: String(step), KILL_SCOPE: scope };
    host.root.write("/test/kill/commands", "");
    await host.sync({ environment });
    const killedAt = host.root.read("/test/kill/at").trim();
    if (killedAt === "") return Math.floor(step / LANES.length);
    const { exitCode, output } = await host.sync();
    const where = `killed at command ${step}, ${killedAt}; then:\n${output}`;
    expect({ exitCode, ...(await outcomeOf(host, APP_UNIT)) }, where).toEqual({ exitCode: 0, ...expected });
    if (isEstablished) expect(host.calls("connectors"), where).not.toContain("0");
  }
}

describe.runIf(hasThrowAwayRoots())("a host whose scripts are killed at any one command", () => {
  /** Runs it until `arm` calls `kill`. */
  async function killedWhen(host: BootedHost, arm: (kill: () => void) => void): Promise<void> {
    const controller = new AbortController();
    arm(() => controller.abort());
    expect(await host.sync({ killSignal: controller.signal })).toMatchObject({ exitCode: 137 });
    host.parameters.fault = undefined;
  }

  it.each([
    ["GetParameters"],
    [`GetParameter ${TOKEN_PARAMETER}:1`],
    [`GetParameter ${BUCKET_PARAMETER}:1`],
    [`PutParameter ${REPORT_PARAMETER}`],
  ])("boots in the next run when it was killed while it waited for %s", async (call) => {
    const host = await BootedHost.create();
    await killedWhen(host, (kill) => {
      host.parameters.fault = async (_, proceed) => {
        const answer = await proceed();
        if (host.parameters.calls.at(-1)?.startsWith(`ssm:${call}`) !== true) return answer;
        kill();
        return new Promise(() => {});
      };
    });
    expect(await host.sync()).toMatchObject({ exitCode: 0 });
    expect(await outcomeOf(host, APP_UNIT)).toEqual(await undisturbed(FIRST_BOOT));
  });

  it("boots in the next run when it was killed in the middle of a download, and never ran the half", async () => {
    const host = await BootedHost.create();
    host.mirror.faults.push("stalled");
    await killedWhen(host, (kill) => {
      host.mirror.onStall = kill;
    });
    expect(host.calls("cloudflared")).toEqual([]);
    expect(await host.sync()).toMatchObject({ exitCode: 0 });
    expect(await outcomeOf(host, APP_UNIT)).toEqual(await undisturbed(FIRST_BOOT));
  });

  it.each(
    SCOPES.map((scope) => [scope]),
  )("is at its first boot, after one more run, as if nothing had been (%s)", async (scope) => {
    const expected = await undisturbed(FIRST_BOOT);
    expect(expected).toMatchObject({ connectors: [token(1)], app: bucketEnvironment(1) });
    const kills = await Promise.all(LANES.map((lane) => killEverywhere(FIRST_BOOT, scope, lane, expected)));
    expect(Math.min(...kills)).toBeGreaterThan(15);
  }, 150_000);

  it.each(
    SCOPES.map((scope) => [scope]),
  )("has after one more run both new secrets, and never was without a connector (%s)", async (scope) => {
    const expected = await undisturbed(ROTATION);
    expect(expected).toMatchObject({ connectors: [token(2)], app: bucketEnvironment(2) });
    expect(expected.report).toMatchObject({ tunnelToken: 2, bucketEnvironment: 2, keyGeneration: 2 });
    const kills = await Promise.all(LANES.map((lane) => killEverywhere(ROTATION, scope, lane, expected)));
    expect(Math.min(...kills)).toBeGreaterThan(15);
  }, 150_000);
});
