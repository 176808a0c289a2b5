/** Finds what a command of a unit executes. */
import { posix } from "node:path";
import type { Machine } from "../machine.ts";
import { isImageCommand, runCommandLine, runText, SEARCH_PATH } from "../shell/interpreter.ts";
import { binaryProgram } from "./binary.ts";
import { ExitError, type Program } from "./program.ts";

const SHELLS = new Set(["/bin/sh", "/usr/bin/sh", "/bin/bash", "/usr/bin/bash"]);
const EXECUTABLE = 0o111;

function executionError(path: string, problem: string): ExitError {
  return new ExitError(`Failed at step EXEC spawning ${path}: ${problem}`);
}

function scriptProgram(path: string, text: string): Program {
  const [, interpreter] = /^#!\s*(\S+)/.exec(text) ?? [];
  if (interpreter === undefined) throw executionError(path, "Exec format error");
  if (!SHELLS.has(interpreter)) throw executionError(path, `the sandbox has no interpreter ${interpreter}`);
  return (invocation) => runCommandLine(invocation, [path, ...invocation.arguments]);
}

/** `bash -c TEXT`, or `bash FILE`. */
const shell: Program = async (invocation) => {
  const [option, text = "", ...rest] = invocation.arguments;
  if (option === "-c" && rest.length === 0) return runText(invocation, text);
  return runCommandLine(invocation, ["bash", ...invocation.arguments]);
};

/** Throws ExitError for what the machine could not execute, or the sandbox cannot emulate. */
export function findProgram(machine: Machine, program: string): Program {
  const candidates = program.startsWith("/")
    ? [program]
    : SEARCH_PATH.map((folder) => posix.join(folder, program));
  for (const path of candidates) {
    const file = machine.files.get(path);
    if (file === undefined) continue;
    if ((file.mode & EXECUTABLE) === 0) throw executionError(path, "Permission denied");
    if (file.binary !== undefined) return binaryProgram(path, file.binary, machine);
    return scriptProgram(path, file.content.toString("utf8"));
  }
  const name = posix.basename(program);
  const isInPath =
    !program.startsWith("/") || SEARCH_PATH.some((folder) => folder === posix.dirname(program));
  if (!isInPath || !isImageCommand(name)) throw executionError(program, "No such file or directory");
  if (name === "bash" || name === "sh") return shell;
  return (invocation) => runCommandLine(invocation, [name, ...invocation.arguments]);
}
