/** Locks that a killed engine left in the file backend. */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isAlive } from "../isAlive.ts";

/** The process that wrote a lock; `undefined` when the file does not say. */
function holderOf(file: string): number | undefined {
  try {
    const { pid } = JSON.parse(readFileSync(file, "utf8")) as { pid?: unknown };
    return typeof pid === "number" ? pid : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Removes locks of engines that have ended. For whoever has the sandbox's folder to itself: no engine is started
 * there meanwhile.
 *
 * @param state folder of the file backend. @returns how many there were.
 */
export function removeStaleLocks(state: string): number {
  const locks = join(state, ".pulumi", "locks");
  if (!existsSync(locks)) return 0;
  const stale = readdirSync(locks, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".json"))
    .map((name) => join(locks, name))
    .filter((file) => {
      const holder = holderOf(file);
      return holder !== undefined && !isAlive(holder);
    });
  for (const file of stale) rmSync(file, { force: true });
  return stale.length;
}
