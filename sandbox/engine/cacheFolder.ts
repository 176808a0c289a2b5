import { join, resolve } from "node:path";
import envPaths from "env-paths";
import { PINNED_VERSION } from "./engine.ts";

/**
 * Where an installed or built engine is kept: one folder per release and platform in the user's cache.
 * `TENANT_EDGE_CACHE` puts the cache somewhere else.
 */
export function engineFolder(env: NodeJS.ProcessEnv): string {
  const chosen = env.TENANT_EDGE_CACHE;
  const cache =
    chosen === undefined || chosen === "" ? envPaths("tenant-edge", { suffix: "" }).cache : resolve(chosen);
  return join(cache, "engine", `${PINNED_VERSION}-${process.platform}-${process.arch}`);
}
