/** The HTTP service of a test's own stack, as a process of its own. */
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { onTestFinished, vi } from "vitest";
import { CHECKOUT } from "../../sandbox/session.ts";
import type { TestStack } from "./testStack.ts";

const COMMAND = join(CHECKOUT, "bin", "tenant-edge.js");
const SERVED = /is served at (http:\S+)/;

export interface Served {
  readonly url: string;
  /** Everything that it has printed. */
  readonly output: string[];
  /** Without a chance to clean up. */
  kill(): Promise<void>;
  /** As a supervisor does it. @returns the exit code. */
  terminate(): Promise<number | undefined>;
}

/** Mints a token with every scope, in the file that the service reads. @returns its value. */
export async function mintToken({ project, sandbox }: TestStack): Promise<string> {
  const { stdout } = await execa(
    process.execPath,
    [
      COMMAND,
      "service-token",
      "test",
      "--scopes",
      "read,operate,secrets",
      "--file",
      tokensFile(project),
      "--json",
    ],
    { env: { ...sandbox.env }, extendEnv: false },
  );
  return (JSON.parse(stdout) as { token: string }).token;
}

const tokensFile = (project: string) => join(project, "tokens.yaml");

/** Ends with the test at the latest. */
export async function serveStack({ project, sandbox }: TestStack): Promise<Served> {
  const args = [
    "serve",
    "--stack",
    "staging",
    "--cwd",
    project,
    "--port",
    "0",
    "--tokens-file",
    tokensFile(project),
  ];
  const child = execa(process.execPath, [COMMAND, ...args], {
    env: { ...sandbox.env },
    extendEnv: false,
    reject: false,
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await child;
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on("line", (line) => output.push(line));
  const url = await vi.waitFor(
    () => {
      const [, found] = SERVED.exec(output.join("\n")) ?? [];
      if (found === undefined) throw new Error(`the service does not listen:\n${output.join("\n")}`);
      return found;
    },
    { timeout: 30_000, interval: 50 },
  );
  return {
    url,
    output,
    async kill() {
      child.kill("SIGKILL");
      await child;
    },
    async terminate() {
      child.kill("SIGTERM");
      return (await child).exitCode;
    },
  };
}
