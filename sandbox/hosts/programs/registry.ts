/** Finds the emulation of what a command executes. */
import { posix } from "node:path";
import type { File } from "../fileSystem.ts";
import type { Machine } from "../machine.ts";
import { scriptProblem, usageOf } from "../shellScript.ts";
import { cloudflared } from "./cloudflared.ts";
import { fetchParameter } from "./fetchParameter.ts";
import { installCloudflared } from "./installCloudflared.ts";
import { ExitError, type Program } from "./program.ts";

interface EmulatedScript {
  /** What the script's usage line must say, so that script and emulation do not drift apart. */
  arguments: readonly string[];
  program: Program;
}

/** By the script's file name. */
const SCRIPTS: Record<string, EmulatedScript> = {
  "install-cloudflared": { arguments: ["VERSION", "SHA256", "URL"], program: installCloudflared },
  "fetch-parameter": { arguments: ["REGION", "NAME", "FILE", "OWNER"], program: fetchParameter },
};

/** Programs of the image. */
const IMAGE_PROGRAMS = ["aws", "bash", "curl", "false", "sh", "sha256sum", "systemctl", "true"];
const SEARCH_PATH = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
const EXECUTABLE = 0o111;

function executionError(path: string, problem: string): ExitError {
  return new ExitError(`Failed at step EXEC spawning ${path}: ${problem}`);
}

async function scriptProgram(path: string, text: string, argumentCount: number): Promise<Program> {
  const problem = await scriptProblem(text);
  if (problem !== undefined) throw executionError(path, problem);
  const name = posix.basename(path);
  const script = SCRIPTS[name];
  if (script === undefined) throw new ExitError(`the sandbox does not know what the script ${path} does`);
  const usage = usageOf(text, name)?.join(" ");
  const expected = script.arguments.join(" ");
  if (usage !== expected) {
    throw new ExitError(`the sandbox emulates "${name} ${expected}", but ${path} takes "${usage ?? "?"}"`);
  }
  if (argumentCount !== script.arguments.length) {
    throw new ExitError(`${name}: ${argumentCount} arguments instead of ${expected}`);
  }
  return script.program;
}

function binaryProgram(path: string, { binary }: File, machine: Machine): Program | undefined {
  if (binary === undefined) return undefined;
  if (binary.architecture !== machine.architecture) throw executionError(path, "Exec format error");
  return cloudflared(binary.version);
}

function imageProgram(path: string): Program {
  const name = posix.basename(path);
  const inImage = IMAGE_PROGRAMS.includes(name) && SEARCH_PATH.includes(posix.dirname(path));
  if (!inImage) throw executionError(path, "No such file or directory");
  if (name === "true") return async () => {};
  throw new ExitError(`the sandbox does not emulate ${path}`);
}

/** Throws ExitError for what the machine could not execute, or the sandbox cannot emulate. */
export async function findProgram(
  machine: Machine,
  program: string,
  argumentCount: number,
): Promise<Program> {
  const candidates = program.startsWith("/")
    ? [program]
    : SEARCH_PATH.map((folder) => posix.join(folder, program));
  for (const path of candidates) {
    const file = machine.files.get(path);
    if (file === undefined) continue;
    if ((file.mode & EXECUTABLE) === 0) throw executionError(path, "Permission denied");
    return (
      binaryProgram(path, file, machine) ??
      (await scriptProgram(path, file.content.toString("utf8"), argumentCount))
    );
  }
  return imageProgram(program.startsWith("/") ? program : posix.join("/usr/bin", program));
}
