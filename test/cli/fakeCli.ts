/** The command with operations that do nothing, in a folder of its own. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { onTestFinished } from "vitest";
import { runCli } from "../../cli/runCli.ts";
import type { OpenOptions } from "../../cli/surroundings.ts";
import {
  type Call,
  OPERATIONS,
  type OperationName,
  type Operations,
  type Plan,
} from "../../operations/contract.ts";

export const PLAN: Plan = {
  operation: "disable",
  tenant: "acme",
  list: [{ path: "disabled", before: "nothing", after: '{"since":"2026-11-22T10:00:00Z"}' }],
  steps: [
    { tenant: "acme", type: "aws:ec2/instance:Instance", name: "acme-host", action: "delete" },
    { tenant: "acme", type: "random:index/x:X", name: "acme-secret", action: "create-replacement" },
    { tenant: "acme", type: "random:index/x:X", name: "acme-secret", action: "replace" },
    { tenant: "acme", type: "random:index/x:X", name: "acme-secret", action: "delete-replaced" },
  ],
  notes: ["the bucket te-prod-acme is kept"],
};

type Perform = (input: object, call: Call) => object | Promise<object>;

export interface FakeOptions {
  /** By operation; default: an empty result. */
  operations?: Partial<Record<OperationName, Perform>>;
  plan?: Plan;
  /** In the place of operations that do nothing. */
  open?: (options: OpenOptions) => Promise<Operations>;
  env?: NodeJS.ProcessEnv;
  /** What a person types, line by line. Default: there is no person. */
  typed?: readonly string[];
  signal?: AbortSignal;
  directory?: string;
}

export interface FakeRun {
  exitCode: number;
  stdout: string;
  stderr: string;
  /** Operations and plans as they were called, with their inputs. */
  calls: [string, object][];
  opened: OpenOptions[];
  closed: number;
}

/** A project with two stack files. */
export function projectFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tenant-edge-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "Pulumi.yaml"), "name: tenant-edge\nruntime: nodejs\n");
  const tenants = "  tenant-edge:tenants:\n    - { id: acme, displayName: Acme Inc. }\n    - id: globex\n";
  writeFileSync(join(folder, "Pulumi.prod.yaml"), `config:\n${tenants}`);
  writeFileSync(join(folder, "Pulumi.staging.yaml"), "config: {}\n");
  return folder;
}

class Screen {
  text = "";
  readonly columns = 100;
  readonly isTTY: boolean;

  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.text += text;
  }
}

export async function runFake(args: readonly string[], options: FakeOptions = {}): Promise<FakeRun> {
  const calls: FakeRun["calls"] = [];
  const opened: OpenOptions[] = [];
  let closed = 0;
  const performing = (Object.keys(OPERATIONS) as OperationName[]).map((name) => [
    name,
    async (input: object, call: Call) => {
      calls.push([name, input]);
      return (await options.operations?.[name]?.(input, call)) ?? {};
    },
  ]);
  const operations = {
    ...Object.fromEntries(performing),
    plan: async (name: string, input: object) => {
      calls.push([`plan ${name}`, input]);
      return options.plan ?? PLAN;
    },
    target: { environment: "prod", stack: "prod", list: "Pulumi.prod.yaml" },
    close: async () => {
      closed += 1;
    },
  } as unknown as Operations;
  const isTTY = options.typed !== undefined;
  const [stdout, stderr] = [new Screen(false), new Screen(isTTY)];
  const stdin = Object.assign(new PassThrough(), { isTTY });
  stdin.end((options.typed ?? []).map((line) => `${line}\n`).join(""));
  const exitCode = await runCli(args, {
    stdin,
    stdout,
    stderr,
    env: options.env ?? { TENANT_EDGE_STACK: "prod" },
    directory: options.directory ?? projectFolder(),
    signal: options.signal ?? new AbortController().signal,
    leaveInterrupts() {},
    open: async (given) => {
      opened.push(given);
      return options.open?.(given) ?? operations;
    },
  });
  return { exitCode, stdout: stdout.text, stderr: stderr.text, calls, opened, closed };
}
