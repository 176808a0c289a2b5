/** A stack of this repository's program on the real engine, in a sandbox of its own, for one test. */
import { expect, onTestFinished, vi } from "vitest";
import type { Canaries, CanaryReport } from "../../sandbox/canaries/canaries.ts";
import { type Visit, visit } from "../../sandbox/edge/visit.ts";
import { findEngine } from "../../sandbox/engine/findEngine.ts";
import type { PulumiResult } from "../../sandbox/engine/runPulumi.ts";
import type { Sandbox, SandboxOptions } from "../../sandbox/sandbox.ts";
import { ACCOUNT_ID, scratchConfig } from "../../sandbox/scratchConfig.ts";
import { openScratchStack } from "../../sandbox/scratchStack.ts";

export { ACCOUNT_ID };

export interface TestStackOptions {
  tenants: unknown[];
  /** Further keys of the stack file. */
  settings?: Record<string, unknown>;
  cloudflare?: SandboxOptions["cloudflare"];
  aws?: SandboxOptions["aws"];
  /** Of the engine's state. Default: one by chance. */
  passphrase?: string;
  storageBucket?: SandboxOptions["storageBucket"];
}

export interface TestStack {
  readonly sandbox: Sandbox;
  readonly folder: string;
  /** Folder of Pulumi.yaml and the stack file. */
  readonly project: string;
  /** Runs a `pulumi` command; more environment can be given. */
  pulumi(args: readonly string[], env?: Record<string, string>): Promise<PulumiResult>;
  /** `up`; fails the test with the engine's own output when it does not succeed. */
  up(...args: string[]): Promise<PulumiResult>;
  setTenants(tenants: unknown[]): void;
  /** Takes a tenant out of the list in the two updates that it takes, and gives both of them. */
  letGo(id: string): Promise<[disabled: PulumiResult, removed: PulumiResult]>;
  /** Replaces some keys of the stack file. */
  configure(changes: Record<string, unknown>): void;
  /** The stack's outputs, secrets left out. */
  outputs(): Promise<Record<string, Record<string, Record<string, unknown>>>>;
  /** Cloudflare calls since the last time this was asked, as "METHOD route". */
  newCalls(): string[];
  /** GET through the emulated edge. */
  get(hostname: string, path?: string): Promise<Visit>;
  /** What is secret here. When the test is finished it must be nowhere. */
  readonly canaries: Canaries;
  /** Looks for them now. */
  search(): CanaryReport;
}

/** A tenant's entry that may go: the program refuses a list that lacks any other one. */
export function leaving<E extends object>(entry: E) {
  return {
    ...entry,
    disabled: { since: "2026-11-22T10:00:00Z", keepUntil: "2026-11-22T10:00:00Z", purge: true },
  };
}

/**
 * Everything is stopped and removed when the test is finished; a test during which a secret came to where none may be has
 * failed.
 */
export async function testStack(options: TestStackOptions): Promise<TestStack> {
  const stack = await openScratchStack({
    engine: await findEngine({ report: () => {} }),
    config: { ...scratchConfig("test"), ...options.settings, "tenant-edge:tenants": options.tenants },
    ...(options.cloudflare === undefined ? {} : { cloudflare: options.cloudflare }),
    ...(options.aws === undefined ? {} : { aws: options.aws }),
    storageBucket: options.storageBucket,
    ...(options.passphrase === undefined ? {} : { passphrase: options.passphrase }),
  });
  onTestFinished(() => stack.close());
  const { sandbox, pulumi } = stack;
  let mark = sandbox.cloudflare.calls.mark();
  let listed = options.tenants;

  const up: TestStack["up"] = async (...args) => {
    const result = await pulumi(["up", "--yes", "--skip-preview", ...args]);
    expect(result.exitCode, `${result.stdout}\n${result.stderr}`).toBe(0);
    return result;
  };
  const setTenants: TestStack["setTenants"] = (tenants) => {
    listed = tenants;
    stack.configure({ "tenant-edge:tenants": tenants });
  };

  return {
    sandbox,
    folder: stack.folder,
    project: stack.project,
    pulumi,
    up,
    configure: stack.configure,
    setTenants,
    async letGo(id) {
      const isGoing = (entry: unknown) => (entry as { id?: unknown }).id === id;
      setTenants(listed.map((entry) => (isGoing(entry) ? leaving(entry as object) : entry)));
      const disabled = await up();
      setTenants(listed.filter((entry) => !isGoing(entry)));
      return [disabled, await up()];
    },
    async outputs() {
      const { stdout } = await pulumi(["stack", "output", "--json"]);
      return JSON.parse(stdout) as Record<string, Record<string, Record<string, unknown>>>;
    },
    newCalls() {
      const calls = sandbox.cloudflare.calls.since(mark, "api");
      mark = sandbox.cloudflare.calls.mark();
      return calls.map(({ method, route }) => `${method} ${route}`);
    },
    get: (hostname, path) => visit(sandbox.urls.edge, hostname, path),
    canaries: stack.canaries,
    search: stack.search,
  };
}

/** Waits until the hostname answers with this status: a new host takes a moment to boot. */
export async function expectAnswer(stack: TestStack, hostname: string, status: number): Promise<string> {
  return await vi.waitFor(
    async () => {
      const answer = await stack.get(hostname);
      expect(answer.status, answer.body).toBe(status);
      return answer.body;
    },
    { timeout: 15_000, interval: 50 },
  );
}

/** How many resources an update created, updated, replaced and deleted, from the engine's summary. */
export function changes({ stdout }: PulumiResult): Record<string, number> {
  const counts = [...stdout.matchAll(/^\s+[+~-]+ (\d+) (created|updated|replaced|deleted)/gm)];
  return Object.fromEntries(counts.map(([, count, change]) => [change, Number(count)]));
}

/** What an account has when nothing of ours is left. */
export function leftBehind(stack: TestStack): unknown[] {
  const { cloudflare, aws } = stack.sandbox;
  return [...Object.values(cloudflare.inventory()).flat(), ...aws.inventory()];
}

/** The tenants (first part of the name) whose resources an update created, updated, replaced or deleted. */
export function touched({ stdout }: PulumiResult): string[] {
  const steps = [...stdout.matchAll(/^ *[+~-]+ +\S+:\S+ (\w+)-\S+ (?:created|updated|replaced|deleted) /gm)];
  return [...new Set(steps.map(([, tenant = ""]) => tenant))].sort();
}
