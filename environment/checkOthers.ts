/** The program's own look at the other stacks of its environment. */
import { getRootDirectory, getStack, RunError } from "@pulumi/pulumi";
import type { ReadStack } from "../config/load.ts";
import { ConfigError } from "../config/problems.ts";
import { problemsWithOthers } from "./otherShards.ts";
import { readShardFiles } from "./shardFiles.ts";

/**
 * The stack's own values are those that the engine has, wherever it read them; those of the others stand in the folder of
 * Pulumi.yaml.
 *
 * @throws RunError that lists all for which this stack may not run beside the others. Nothing has been registered.
 */
export async function checkOthers({ entries, ...settings }: ReadStack): Promise<void> {
  const stack = getStack();
  const file = `Pulumi.${stack}.yaml`;
  const others = await readShardFiles(getRootDirectory(), settings.environment, stack);
  const { incomparable, clashes } = problemsWithOthers({ file, settings, entries }, others);
  const problems = [...incomparable, ...clashes];
  if (problems.length > 0) throw new RunError(new ConfigError(file, problems).message);
}
