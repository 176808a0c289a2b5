/** Scripts on a host: whether a shell would run them, and what they say about their arguments. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { execa } from "execa";

const SHELLS = new Set(["/bin/sh", "/usr/bin/sh", "/bin/bash", "/usr/bin/bash"]);

/** Problems of scripts by the hash of their text: hundreds of hosts have the same ones. */
const problems = new Map<string, Promise<string | undefined>>();

/** Why the script would not run, in the words of the kernel or of the shell. Undefined when it would. */
export function scriptProblem(text: string): Promise<string | undefined> {
  const key = createHash("sha256").update(text).digest("hex");
  const known = problems.get(key) ?? findProblem(text);
  problems.set(key, known);
  return known;
}

async function findProblem(text: string): Promise<string | undefined> {
  const [, interpreter] = /^#!\s*(\S+)/.exec(text) ?? [];
  if (interpreter === undefined) return "Exec format error";
  if (!SHELLS.has(interpreter)) return `the sandbox has no interpreter ${interpreter}`;
  // Elsewhere than on a Unix system the syntax goes unchecked.
  if (!existsSync(interpreter)) return undefined;
  const { failed, stderr } = await execa(interpreter, ["-n"], { input: text, reject: false });
  return failed ? stderr.split("\n", 1)[0] : undefined;
}

/** Names of the arguments, from the script's line `# Usage: NAME ARGUMENT…`. Undefined when it has none. */
export function usageOf(text: string, name: string): string[] | undefined {
  const [, named, words = ""] = /^# Usage: (\S+)((?: [A-Z0-9_]+)*)$/m.exec(text) ?? [];
  return named === name ? words.split(" ").slice(1) : undefined;
}
