/** `tenant-edge`, as a process of its own. */
import { join } from "node:path";
import { execa } from "execa";
import { DEFAULT_STACK } from "../sandbox/engine/defaultStack.ts";
import type { PulumiResult } from "../sandbox/engine/runPulumi.ts";
import type { ScratchStack } from "../sandbox/scratchStack.ts";
import { CHECKOUT } from "../sandbox/session.ts";

export const COMMAND = join(CHECKOUT, "bin", "tenant-edge.js");

export function commandEnvironment({ sandbox }: ScratchStack, actor: string): Record<string, string> {
  return { ...sandbox.env, TENANT_EDGE_STACK: DEFAULT_STACK, TENANT_EDGE_ACTOR: actor };
}

/** @param actor whom its audit records name. */
export async function runCommand(
  stack: ScratchStack,
  actor: string,
  args: readonly string[],
): Promise<PulumiResult> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [COMMAND, ...args], {
    cwd: stack.project,
    env: commandEnvironment(stack, actor),
    extendEnv: false,
    stdin: "ignore",
    reject: false,
  });
  // Undefined for one that was killed.
  return { exitCode: exitCode ?? 1, stdout, stderr };
}
