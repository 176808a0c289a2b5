/** The service of the package, as a process of its own, on a scratch stack. */
import { createInterface } from "node:readline";
import { execa } from "execa";
import type { ScratchStack } from "../../sandbox/scratchStack.ts";
import { COMMAND, commandEnvironment } from "../command.ts";

const SERVED = /is served at (http:\S+)/;

export interface ServedStack {
  url: string;
  stop(): Promise<void>;
}

/** @throws Error when it ends before it listens. */
export async function serve(stack: ScratchStack, actor: string, tokensFile: string): Promise<ServedStack> {
  const args = ["serve", "--port", "0", "--tokens-file", tokensFile, "--metrics-open"];
  const child = execa(process.execPath, [COMMAND, ...args], {
    cwd: stack.project,
    env: commandEnvironment(stack, actor),
    extendEnv: false,
    reject: false,
  });
  const stop = async () => {
    child.kill("SIGTERM");
    await child;
  };
  for await (const line of createInterface({ input: child.stderr })) {
    const url = SERVED.exec(line)?.[1];
    if (url === undefined) continue;
    // Or a full pipe would stop the service.
    child.stderr.resume();
    return { url, stop };
  }
  await stop();
  throw new Error("the service ended before it listened");
}
