/** All stacks of an environment, brought up together. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { parse, stringify } from "yaml";
import type { AuditRecord } from "../../audit/audit.ts";
import { killAll, Role } from "../../deep/kills/processes.ts";
import { ErrorCode } from "../../operations/errors.ts";
import { ShardOutcome, type ShardResult, type UpOptions } from "../../operations/shards/up/contract.ts";
import { upEnvironment } from "../../operations/shards/up/upEnvironment.ts";
import { findEngine } from "../../sandbox/engine/findEngine.ts";
import { Faults } from "../../sandbox/faults/faults.ts";
import { FaultKind } from "../../sandbox/faults/kinds.ts";
import { scratchConfig } from "../../sandbox/scratchConfig.ts";
import { openScratchStack, type ScratchStack } from "../../sandbox/scratchStack.ts";

const [FIRST, SECOND, THIRD] = ["staging", "staging-2", "staging-10"] as const;
const ENVIRONMENT = "test";

const alone = (id: string) => ({ id, host: { enabled: false } });

interface Shards {
  stack: ScratchStack;
  faults: Faults;
  /** Writes a stack's list; the rest of its file stays. */
  list(stack: string, ...ids: string[]): void;
  up(options?: Partial<UpOptions>, signal?: AbortSignal): Promise<ShardResult[]>;
  outcomes(results: readonly ShardResult[]): Record<string, ShardOutcome>;
  /** Names of tunnels that Cloudflare has. */
  tunnels(): string[];
}

/** Three stacks: the second and the third say that they use the network of the first. */
async function shards(): Promise<Shards> {
  const faults = new Faults();
  const stack = await openScratchStack({
    engine: await findEngine({ report: () => {} }),
    config: { ...scratchConfig(ENVIRONMENT), "tenant-edge:tenants": [alone("acme")] },
    faults,
  });
  onTestFinished(() => stack.close());
  const { sandbox, project } = stack;
  const fileOf = (name: string) => join(project, `Pulumi.${name}.yaml`);
  const config = { ...scratchConfig(ENVIRONMENT), "tenant-edge:network": { stack: FIRST } };
  for (const [name, id] of [
    [SECOND, "globex"],
    [THIRD, "initech"],
  ] as const) {
    writeFileSync(fileOf(name), stringify({ config: { ...config, "tenant-edge:tenants": [alone(id)] } }));
  }
  return {
    stack,
    faults,
    list(name, ...ids) {
      const { config: present, ...rest } = parse(readFileSync(fileOf(name), "utf8")) as { config: object };
      const changed = { ...present, "tenant-edge:tenants": ids.map(alone) };
      writeFileSync(fileOf(name), stringify({ ...rest, config: changed }));
    },
    async up(options = {}, signal) {
      const { shards: results } = await upEnvironment(
        {
          directory: project,
          environment: ENVIRONMENT,
          env: { ...sandbox.env },
          parallel: 2,
          actor: "alice",
          ...options,
        },
        { signal },
      );
      return results;
    },
    outcomes: (results) => Object.fromEntries(results.map(({ stack: name, outcome }) => [name, outcome])),
    tunnels: () =>
      sandbox.cloudflare
        .inventory()
        .tunnels.map(({ name }) => name)
        .sort(),
  };
}

const { UpToDate, Unchanged, Updated, Planned, Failed, NotBegun, Interrupted } = ShardOutcome;

it("brings up what has changed and nothing else; goes on after a kill, a failure and an interrupt", async () => {
  const { stack, faults, list, up, outcomes, tunnels } = await shards();
  const creation = {
    kind: FaultKind.slow,
    where: "cloudflare",
    call: "^POST .*/cfd_tunnel$",
    calls: [1],
  } as const;

  const planned = await up({ preview: true });
  expect(planned.map(({ stack: name }) => name)).toEqual([FIRST, SECOND, THIRD]);
  expect(outcomes(planned)).toEqual({ [FIRST]: Planned, [SECOND]: Planned, [THIRD]: Planned });

  faults.use([{ ...creation, calls: [1], delay: 3_000 }]);
  faults.onInjected = () => killAll(stack.folder, [Role.Engine]);
  const killed = await up();
  expect(outcomes(killed)).toEqual({ [FIRST]: Failed, [SECOND]: NotBegun, [THIRD]: NotBegun });
  expect(killed[1]?.reason).toContain(`its network is in ${FIRST}`);
  faults.onInjected = undefined;
  faults.use([]);
  expect(outcomes(await up())).toEqual({ [FIRST]: Updated, [SECOND]: Updated, [THIRD]: Updated });
  expect(tunnels()).toEqual(["te-test-acme", "te-test-globex", "te-test-initech"]);

  const { calls } = stack.sandbox.cloudflare;
  const before = calls.mark();
  expect(outcomes(await up())).toEqual({ [FIRST]: UpToDate, [SECOND]: UpToDate, [THIRD]: UpToDate });
  expect(calls.since(before)).toEqual([]);

  list(SECOND, "globex", "hooli");
  list(THIRD, "initech", "umbrella");
  faults.use([
    { kind: FaultKind.internalError, where: "provider", resource: "::hooli-", operation: "create" },
  ]);
  const inPart = await up();
  expect(outcomes(inPart)).toEqual({ [FIRST]: UpToDate, [SECOND]: Failed, [THIRD]: Updated });
  expect(inPart[1]).toMatchObject({ failedTenants: ["hooli"], errorCode: ErrorCode.UpdateFailed });
  expect(inPart[1]?.reason).toContain("500 Internal Server Error");
  const audit = readFileSync(join(stack.project, ".tenant-edge/audit.jsonl"), "utf8");
  const kept = audit
    .trim()
    .split("\n")
    .map((line): AuditRecord => JSON.parse(line));
  const ended = kept.filter(({ operation, phase }) => operation === "up" && phase === "finished");
  expect(ended.find(({ outcome }) => outcome === "succeeded")).toMatchObject({
    ...{ stack: FIRST, environment: ENVIRONMENT, actor: "alice", tenants: ["acme"] },
  });
  expect(ended.filter(({ stack: name }) => name === SECOND).at(-1)).toMatchObject({
    ...{ outcome: "failed", errorCode: ErrorCode.UpdateFailed, tenants: ["hooli"] },
  });

  // It finds nothing, and so changes nothing for the third.
  const refreshed = await stack.pulumi(["refresh", "--yes", "--skip-preview", "--stack", THIRD]);
  expect(refreshed.exitCode, refreshed.stderr).toBe(0);
  list(FIRST, "acme", "stark");
  const interrupt = new AbortController();
  faults.use([{ ...creation, calls: [1], delay: 1_000 }]);
  faults.onInjected = () => interrupt.abort();
  const stopped = await up({ parallel: 1 }, interrupt.signal);
  expect(outcomes(stopped)).toEqual({ [FIRST]: Interrupted, [SECOND]: NotBegun, [THIRD]: UpToDate });

  faults.use([]);
  const wanted = await up({ only: [FIRST] });
  expect(outcomes(wanted)).toEqual({ [FIRST]: Updated, [SECOND]: NotBegun, [THIRD]: UpToDate });
  expect(wanted[1]?.reason).toContain("not among the stacks");
  const rest = await up({ all: true });
  expect(outcomes(rest)).toEqual({ [FIRST]: Unchanged, [SECOND]: Updated, [THIRD]: Unchanged });
  expect(tunnels()).toHaveLength(6);
}, 300_000);
