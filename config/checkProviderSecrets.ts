/** Refuses a provider's credential that stands in the stack file in clear: the state keeps it, and all of its history. */
import { getStack, RunError, runtime } from "@pulumi/pulumi";
import { isConfigSecret } from "./load.ts";

const CREDENTIALS = [
  "cloudflare:apiToken",
  "cloudflare:apiKey",
  "cloudflare:apiUserServiceKey",
  "aws:secretKey",
  "aws:token",
] as const;

/** @throws RunError before anything is registered, with what to do for each. */
export function checkProviderSecrets(): void {
  const config = runtime.allConfig();
  const plain = CREDENTIALS.filter((key) => config[key] !== undefined && !isConfigSecret(key));
  if (plain.length === 0) return;
  const lines = plain.map(
    (key) => `  ${key}\n    do  \`pulumi config set --secret ${key}\`, or leave it to the environment`,
  );
  throw new RunError(
    `Pulumi.${getStack()}.yaml has credentials in clear; nothing was changed. Replace them where they are issued, too.\n\n${lines.join("\n")}\n`,
  );
}
