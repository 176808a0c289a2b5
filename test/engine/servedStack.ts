/** The HTTP service of a test's own stack, as a process of its own. */
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { onTestFinished, vi } from "vitest";
import { SecretKind } from "../../sandbox/canaries/secrets.ts";
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
export async function mintToken({ project, sandbox, canaries }: TestStack): Promise<string> {
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
  const { token } = JSON.parse(stdout) as { token: string };
  canaries.add(SecretKind.ServiceToken, token);
  canaries.mayShow(/^stdout of node service-token /, [SecretKind.ServiceToken]);
  return token;
}

const tokensFile = (project: string) => join(project, "tokens.yaml");

/**
 * Ends with the test at the latest. All its answers are searched for secrets, those to `GET /metrics` included.
 *
 * @param mayShow answers that the test asks secrets of: `answer 200 to POST /v1/tenants`. Default: none.
 */
export async function serveStack(
  { project, sandbox, canaries }: TestStack,
  { mayShow }: { mayShow?: RegExp } = {},
): Promise<Served> {
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
    "--metrics-open",
  ];
  const child = execa(process.execPath, [COMMAND, ...args], {
    env: { ...sandbox.env },
    extendEnv: false,
    reject: false,
  });
  let url: string | undefined;
  onTestFinished(async () => {
    // Unless the test has ended it.
    if (url !== undefined)
      await fetch(`${url}/metrics`).then(
        (answer) => answer.text(),
        () => "",
      );
    child.kill("SIGKILL");
    await child;
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on("line", (line) => output.push(line));
  const served = await vi.waitFor(
    () => {
      const [, found] = SERVED.exec(output.join("\n")) ?? [];
      if (found === undefined) throw new Error(`the service does not listen:\n${output.join("\n")}`);
      return found;
    },
    { timeout: 30_000, interval: 50 },
  );
  url = served;
  canaries.watchAnswers(url);
  if (mayShow !== undefined) canaries.mayShow(mayShow);
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
