/** A stack in a sandbox of its own, in a temporary folder: for tests and measurements. */

import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { Canaries, CanariesFoundError, type CanaryReport } from "./canaries/canaries.ts";
import { DEFAULT_STACK } from "./engine/defaultStack.ts";
import type { Engine } from "./engine/engine.ts";
import { stateFolder } from "./engine/environment.ts";
import { type PulumiResult, runPulumi } from "./engine/runPulumi.ts";
import { type Sandbox, type SandboxOptions, startSandbox } from "./sandbox.ts";
import { CHECKOUT } from "./session.ts";

export interface ScratchStackOptions {
  engine: Engine;
  /** The stack file's `config`. */
  config: Record<string, unknown>;
  /** Entry point of the program. Default: the one of this repository. */
  main?: string;
  /** Further arguments for Node, as in `Pulumi.yaml`. */
  nodeArguments?: string;
  cloudflare?: SandboxOptions["cloudflare"];
  cloudflareRetry?: SandboxOptions["cloudflareRetry"];
  aws?: SandboxOptions["aws"];
  storageBucket?: SandboxOptions["storageBucket"];
  /** Of the engine's state. Default: one by chance. */
  passphrase?: string;
  faults?: SandboxOptions["faults"];
}

export interface ScratchStack {
  readonly sandbox: Sandbox;
  readonly folder: string;
  /** Folder of Pulumi.yaml and the stack file. */
  readonly project: string;
  /** Runs a `pulumi` command and collects what it prints; `env` is put over the engine's environment. */
  pulumi(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<PulumiResult>;
  /** Replaces some keys of the stack file. */
  configure(changes: Record<string, unknown>): void;
  /** What is secret here, and must be nowhere. */
  readonly canaries: Canaries;
  /** Looks for them everywhere, also in the files of the stack. */
  search(): CanaryReport;
  /**
   * Stops the sandbox and removes its folder.
   * @throws CanariesFoundError when a secret was in any place where it must not be; all is stopped and removed then, too.
   */
  close(): Promise<void>;
}

const PASSPHRASE_BYTES = 24;

interface ProjectFile {
  runtime: { options: { nodeargs?: string } };
}

function projectFile({ main, nodeArguments }: ScratchStackOptions): string {
  const file = parse(readFileSync(join(CHECKOUT, "Pulumi.yaml"), "utf8")) as ProjectFile;
  const { options } = file.runtime;
  const nodeargs = [options.nodeargs, nodeArguments].filter(Boolean).join(" ");
  const runtime = { ...file.runtime, options: { ...options, nodeargs } };
  return stringify({ ...file, runtime, main: main ?? join(CHECKOUT, "index.ts") });
}

/** The emulated clouds' own state, which the engine, the program and the operations never see. */
const isSandboxState = (path: string) => /^cloud\.db/.test(path);

export async function openScratchStack(options: ScratchStackOptions): Promise<ScratchStack> {
  const folder = mkdtempSync(join(tmpdir(), "tenant-edge-"));
  const project = join(folder, "project");
  const stackFile = join(project, `Pulumi.${DEFAULT_STACK}.yaml`);
  mkdirSync(project);
  mkdirSync(stateFolder(folder), { recursive: true });
  writeFileSync(join(project, "Pulumi.yaml"), projectFile(options));
  writeFileSync(stackFile, stringify({ config: options.config }));

  const { engine, cloudflare, aws, storageBucket } = options;
  const canaries = new Canaries();
  const sandbox = await startSandbox({
    folder,
    project,
    engine,
    passphrase: options.passphrase ?? randomBytes(PASSPHRASE_BYTES).toString("hex"),
    storageBucket,
    faults: options.faults,
    cloudflareRetry: options.cloudflareRetry,
    ...(cloudflare === undefined ? {} : { cloudflare }),
    ...(aws === undefined ? {} : { aws }),
  }).catch((error: unknown) => {
    canaries.stop();
    throw error;
  });
  const search = () => canaries.search(folder, isSandboxState);
  return {
    sandbox,
    folder,
    project,
    pulumi: (args, env = {}) =>
      runPulumi(engine, args, { cwd: project, env: { ...sandbox.env, ...env }, stdio: "pipe" }),
    configure(changes) {
      const file = parse(readFileSync(stackFile, "utf8")) as { config: object };
      writeFileSync(stackFile, stringify({ ...file, config: { ...file.config, ...changes } }));
    },
    canaries,
    search,
    async close() {
      try {
        await sandbox.close();
        const { finds } = search();
        if (finds.length > 0) throw new CanariesFoundError(finds);
      } finally {
        canaries.stop();
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}
