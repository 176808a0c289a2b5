/** The budget that all processes of a user share for one API token. */
import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import envPaths from "env-paths";
import { ApiBudget } from "./apiBudget.ts";
import type { ApiLimit } from "./apiLimit.ts";

const FILE = "cloudflare-calls.db";

/**
 * Never the bare SHA-256 of the token, which is the secret key of its S3 credentials. Cloudflare R2 documentation, "Get S3
 * API credentials from an API token".
 */
function keyOf(apiToken: string): string {
  return createHash("sha256").update(`tenant-edge: calls of ${apiToken}`).digest("hex").slice(0, 32);
}

/** In the user's cache folder, or the one that `TENANT_EDGE_CACHE` names. Without a token nothing is shared. */
export function sharedBudget(
  apiToken: string | undefined,
  limit: ApiLimit | undefined,
  env: NodeJS.ProcessEnv,
): ApiBudget {
  const chosen = env["TENANT_EDGE_CACHE"];
  const folder = chosen ? resolve(chosen) : envPaths("tenant-edge", { suffix: "" }).cache;
  const shared = apiToken === undefined ? undefined : { file: join(folder, FILE), key: keyOf(apiToken) };
  return new ApiBudget({ limit, shared });
}
