/** What the policies say of a stack in which nothing is wrong. */
import type { Engine } from "../../sandbox/engine/engine.ts";
import { openScratchStack } from "../../sandbox/scratchStack.ts";
import type { GoodStack } from "./goodStacks.ts";
import { runWithPolicies } from "./violations.ts";

/** A preview, or an update with its own preview; undefined when all went well, else what was said. */
export async function tryGoodStack(
  engine: Engine,
  { config, isDeployed }: Pick<GoodStack, "config" | "isDeployed">,
): Promise<string | undefined> {
  const stack = await openScratchStack({ engine, config });
  try {
    const { result, violations } = await runWithPolicies(stack, isDeployed ? "up" : "preview");
    if (violations.length > 0) return violations.map(({ message }) => message.trim()).join("\n");
    return result.exitCode === 0 ? undefined : `${result.stdout}\n${result.stderr}`;
  } finally {
    await stack.close();
  }
}
