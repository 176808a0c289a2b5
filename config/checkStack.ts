/** All that is looked at before anything is registered. */
import { checkOthers } from "../environment/checkOthers.ts";
import { checkExistingNetwork } from "./checkExistingNetwork.ts";
import { checkImages } from "./checkImages.ts";
import { type CheckedStack, checkLosses } from "./checkLosses.ts";
import { checkProviderSecrets } from "./checkProviderSecrets.ts";
import { checkStateEncryption } from "./checkStateEncryption.ts";
import type { ReadStack } from "./load.ts";

/**
 * @throws RunError, and nothing has changed: secrets in clear, losses, clashes with other stacks, images or a network that
 * do not fit.
 */
export async function checkStack(stack: ReadStack): Promise<CheckedStack> {
  checkProviderSecrets();
  await checkStateEncryption();
  // Together: the engine reads the last outputs while other stacks' files are read here.
  const [checked] = await Promise.all([checkLosses(stack), checkOthers(stack)]);
  // What is not registered would go if the engine were not told to leave it.
  if (stack.focus !== undefined) checked.radius.namedOnly();
  await checkImages(stack);
  await checkExistingNetwork(stack);
  return checked;
}
