/** Refuses a state whose secrets everybody could read who can read the state. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { getRootDirectory, getStack, RunError } from "@pulumi/pulumi";

/**
 * Of all stacks alike: a passphrase costs nothing, and what is tried in a stack without one ends up in one with tenants.
 *
 * @throws RunError before anything is registered, for a stack whose passphrase is empty, or whose file cannot be read.
 */
export async function checkStateEncryption(env: NodeJS.ProcessEnv = process.env): Promise<void> {
  // The engine has taken this one, if any. Pipelines set it to nothing for stacks that a key service encrypts.
  if (env["PULUMI_CONFIG_PASSPHRASE"]) return;
  const file = `Pulumi.${getStack()}.yaml`;
  const text = await readFile(join(getRootDirectory(), file), "utf8").catch((error: unknown) => {
    // The engine has written none yet.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw new RunError(
      `${file} could not be read, which says how the state is encrypted; nothing was changed. ${error instanceof Error ? error.message : error}`,
    );
  });
  const { EMPTY_PASSPHRASE, hasPassphrase, isPassphraseEmpty, TO_ENCRYPT } = await import(
    "./statePassphrase.ts"
  );
  if (!hasPassphrase(text) || !(await isPassphraseEmpty(text))) return;
  const ways = TO_ENCRYPT.map((way) => `    do  ${way}`).join("\n");
  throw new RunError(`${file}: ${EMPTY_PASSPHRASE}; nothing was changed.\n\n${ways}\n`);
}
