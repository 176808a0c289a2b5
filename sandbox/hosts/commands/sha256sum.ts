/** `sha256sum` of the GNU core utilities; a build of cloudflared has the sum that its release has. */
import { createHash } from "node:crypto";
import { type Binary, BinaryName } from "../file.ts";
import { FileAccessError, FileProblem } from "../fileAccessError.ts";
import type { CommandResult } from "../machine.ts";
import { cloudflaredSum } from "../programs/cloudflaredReleases.ts";
import { type CommandInput, fail, type HostCommand, succeed } from "../shell/command.ts";

const CHECK_OPTIONS = ["-c", "--check", "--status", "--quiet", "--strict"];

function hash(content: Buffer, binary?: Binary): string {
  const known =
    binary?.name === BinaryName.cloudflared ? cloudflaredSum(binary.version, binary.architecture) : undefined;
  return known ?? createHash("sha256").update(content).digest("hex");
}

/** Throws FileAccessError. */
function sumOf(path: string, { stdin, invocation, resolve }: CommandInput): string {
  if (path === "-") return hash(Buffer.from(stdin, "latin1"));
  const { files } = invocation.machine;
  const absolute = resolve(path);
  return hash(files.readBytes(absolute, invocation.account), files.get(absolute)?.binary);
}

function readable(path: string, input: CommandInput): { sum: string } | { problem: string } {
  try {
    return { sum: sumOf(path, input) };
  } catch (error) {
    if (!(error instanceof FileAccessError)) throw error;
    return { problem: `sha256sum: ${path}: ${FileProblem[error.code]}\n` };
  }
}

function check(input: CommandInput, isSilent: boolean): CommandResult {
  const result: CommandResult = succeed();
  const lines = input.stdin.split("\n").filter((line) => line !== "");
  const entries = lines.flatMap((line) => {
    const [, expected, path] = /^([0-9a-fA-F]{64}) [ *](.+)$/.exec(line) ?? [];
    return expected === undefined || path === undefined ? [] : [{ expected, path }];
  });
  if (entries.length === 0) {
    return fail(1, "sha256sum: 'standard input': no properly formatted checksum lines found");
  }
  for (const { expected, path } of entries) {
    const found = readable(path, input);
    const isRight = "sum" in found && found.sum === expected.toLowerCase();
    if (!isRight) result.exitCode = 1;
    if ("problem" in found) result.stderr += found.problem;
    if (!isSilent) result.stdout += `${path}: ${isRight ? "OK" : "FAILED"}\n`;
  }
  return result;
}

export const sha256sumCommand: HostCommand = async (input) => {
  const options = input.words.filter((word) => word.startsWith("-") && word !== "-");
  const unknown = options.find((option) => !CHECK_OPTIONS.includes(option));
  if (unknown !== undefined) return fail(1, `sha256sum: the sandbox does not know the option ${unknown}`);
  const paths = input.words.filter((word) => !options.includes(word));
  if (options.includes("-c") || options.includes("--check")) {
    if (paths.length > 0) return fail(1, "sha256sum: the sandbox checks what comes on standard input only");
    return check(input, options.includes("--status"));
  }
  const result: CommandResult = succeed();
  for (const path of paths.length === 0 ? ["-"] : paths) {
    const found = readable(path, input);
    if ("sum" in found) result.stdout += `${found.sum}  ${path}\n`;
    else {
      result.exitCode = 1;
      result.stderr += found.problem;
    }
  }
  return result;
};
