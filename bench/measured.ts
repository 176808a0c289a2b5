/** Runs of the engine that are measured: their time, their Cloudflare calls and the memory of their program. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import type { Engine } from "../sandbox/engine/engine.ts";
import { openScratchStack, type ScratchStack, type ScratchStackOptions } from "../sandbox/scratchStack.ts";
import { CHECKOUT } from "../sandbox/session.ts";
import { median } from "./figure.ts";
import type { Registration } from "./registrations.ts";

const MEMORY_REPORTER = fileURLToPath(new URL("reportMemory.ts", import.meta.url));
const PROGRAMS = fileURLToPath(new URL("programs", import.meta.url));

export const UP = ["up", "--yes", "--skip-preview"];
export const DESTROY = ["destroy", "--yes", "--skip-preview"];
export const REFRESH = ["refresh", "--yes", "--skip-preview", "--run-program=false"];

export interface Run {
  seconds: number;
  /** To Cloudflare's API. */
  calls: number;
}

/** Records that a zone and tokens that an account may have: as many as there are. */
const NO_QUOTA = 100_000;

/** What a program that is not of this repository is, and how it is started. */
export const Program = {
  Floor: "floor",
  /** Its types are checked at every run, as in a pipeline, where nothing is kept between two runs. */
  Naive: "naive",
  /** With what the loader keeps on a machine: types are checked when the program has changed. */
  NaiveAgain: "naive-again",
} as const;
export type Program = (typeof Program)[keyof typeof Program];

export interface MeasuredStack extends ScratchStack {
  /** Peak of the memory of the program that ran last, in MB (10^6 bytes). */
  memory(): number;
}

export interface MeasuredOptions extends Pick<ScratchStackOptions, "config" | "main"> {
  engine: Engine;
}

/** `--import` of what writes the peak of a process's memory. @param report file that it is written to. */
export function memoryReport(report: string): string {
  return `--import=${MEMORY_REPORTER}?report=${encodeURIComponent(report)}`;
}

export async function openMeasured(options: MeasuredOptions): Promise<MeasuredStack> {
  const folder = mkdtempSync(join(tmpdir(), "tenant-edge-bench-"));
  const report = join(folder, "memory");
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const stack = await openScratchStack({
    ...options,
    cloudflare: { recordQuota: NO_QUOTA, tokenQuota: NO_QUOTA },
    nodeArguments: memoryReport(report),
  }).catch((error: unknown) => {
    remove();
    throw error;
  });
  return {
    ...stack,
    memory: () => Number(readFileSync(report, "utf8")),
    close: () => stack.close().finally(remove),
  };
}

/** The compiler's settings that Pulumi's own template for TypeScript has, as far as the present compiler takes them. */
const TEMPLATE_SETTINGS = {
  compilerOptions: {
    strict: true,
    target: "es2022",
    module: "commonjs",
    moduleResolution: "node",
    ignoreDeprecations: "6.0",
    types: ["node"],
    skipLibCheck: true,
  },
};

/**
 * A stack of another program that makes the same registrations. The naive one is started as Pulumi does it by default: by
 * the loader that checks types, without options for Node.
 */
export async function openOther(
  engine: Engine,
  program: Program,
  config: Record<string, unknown>,
  registrations: readonly Registration[],
): Promise<MeasuredStack> {
  const folder = mkdtempSync(join(tmpdir(), "tenant-edge-bench-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const isNaive = program !== Program.Floor;
  const main = join(folder, isNaive ? "index.ts" : "index.cjs");
  const file = join(folder, "registrations.json");
  cpSync(join(PROGRAMS, isNaive ? "naive.cts" : "floor.cjs"), main);
  cpSync(join(PROGRAMS, "template.cjs"), join(folder, "template.cjs"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "bench", type: "commonjs" }));
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(TEMPLATE_SETTINGS));
  writeFileSync(file, JSON.stringify(registrations));
  symlinkSync(join(CHECKOUT, "node_modules"), join(folder, "node_modules"));
  // Programs inherit it. ts-node, README: the options that its environment has.
  const loader = {
    TS_NODE_CACHE: String(program === Program.NaiveAgain),
    TS_NODE_CACHE_DIRECTORY: join(folder, "loader"),
  };
  Object.assign(process.env, loader);
  try {
    const stack = await openMeasured({ engine, main, config: { ...config, "bench:registrations": file } });
    if (isNaive) useDefaultLoader(stack.project);
    return { ...stack, close: () => stack.close().finally(remove) };
  } catch (error) {
    remove();
    throw error;
  } finally {
    for (const name of Object.keys(loader)) delete process.env[name];
  }
}

/** Leaves of the runtime's options only what measures the memory. */
function useDefaultLoader(project: string): void {
  const path = join(project, "Pulumi.yaml");
  const file = parse(readFileSync(path, "utf8")) as { runtime: { options: { nodeargs: string } } };
  const nodeargs = file.runtime.options.nodeargs
    .split(" ")
    .filter((option) => option.startsWith("--import="));
  const runtime = { ...file.runtime, options: { nodeargs: nodeargs.join(" ") } };
  writeFileSync(path, stringify({ ...file, runtime }));
}

/** @throws Error with the engine's output when the command fails. */
export async function timed(stack: ScratchStack, args: readonly string[]): Promise<Run> {
  const mark = stack.sandbox.cloudflare.calls.mark();
  const start = performance.now();
  const { exitCode, stdout, stderr } = await stack.pulumi(args);
  const seconds = (performance.now() - start) / 1000;
  if (exitCode !== 0) throw new Error(`pulumi ${args.join(" ")} failed:\n${stdout}\n${stderr}`);
  return { seconds, calls: stack.sandbox.cloudflare.calls.since(mark, "api").length };
}

/** The median of the times, and the most calls. */
export function middle(runs: readonly Run[]): Run {
  return {
    seconds: median(runs.map(({ seconds }) => seconds)),
    calls: Math.max(...runs.map(({ calls }) => calls)),
  };
}

export async function repeated(times: number, run: () => Promise<Run>): Promise<Run> {
  const runs: Run[] = [];
  for (let time = 0; time < times; time += 1) runs.push(await run());
  return middle(runs);
}
