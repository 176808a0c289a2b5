/** A stack in a sandbox of its own, in a temporary folder: for tests and measurements. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
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
  storageBucket?: SandboxOptions["storageBucket"];
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
  /** Stops the sandbox and removes its folder. */
  close(): Promise<void>;
}

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

export async function openScratchStack(options: ScratchStackOptions): Promise<ScratchStack> {
  const folder = mkdtempSync(join(tmpdir(), "tenant-edge-"));
  const project = join(folder, "project");
  const stackFile = join(project, `Pulumi.${DEFAULT_STACK}.yaml`);
  mkdirSync(project);
  mkdirSync(stateFolder(folder), { recursive: true });
  writeFileSync(join(project, "Pulumi.yaml"), projectFile(options));
  writeFileSync(stackFile, stringify({ config: options.config }));

  const { engine, cloudflare, storageBucket } = options;
  const sandbox = await startSandbox({
    folder,
    project,
    engine,
    storageBucket,
    ...(cloudflare === undefined ? {} : { cloudflare }),
  });
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
    async close() {
      await sandbox.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
