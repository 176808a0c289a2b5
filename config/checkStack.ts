/** All that is looked at before anything is registered. */
import { checkExistingNetwork } from "./checkExistingNetwork.ts";
import { checkImages } from "./checkImages.ts";
import { type CheckedStack, checkLosses } from "./checkLosses.ts";
import { checkProviderSecrets } from "./checkProviderSecrets.ts";
import { checkStateEncryption } from "./checkStateEncryption.ts";
import type { LoadedStack } from "./load.ts";

/** @throws RunError, and nothing has changed: secrets in clear, losses, images or a network that do not fit. */
export async function checkStack(stack: LoadedStack): Promise<CheckedStack> {
  checkProviderSecrets();
  await checkStateEncryption();
  const checked = await checkLosses(stack);
  await checkImages(stack);
  await checkExistingNetwork(stack);
  return checked;
}
