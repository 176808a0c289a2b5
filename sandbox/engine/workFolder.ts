import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const PREFIX = "making-";

/**
 * Makes a fresh folder to work in, beside the results, so that these are moved into place by a rename. The caller
 * holds the lock of the folder: what a killed process left is removed.
 */
export function workFolder(folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) {
    if (name.startsWith(PREFIX)) rmSync(join(folder, name), { recursive: true, force: true });
  }
  return mkdtempSync(join(folder, PREFIX));
}
