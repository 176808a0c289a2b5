import { randomUUID } from "node:crypto";
import { renameSync, rmSync, writeFileSync } from "node:fs";

/**
 * Writes a file so that readers see the old content or the new one and never a part, also after a kill.
 * The temporary file lies beside it: a rename is atomic only within one file system.
 */
export function writeFileAtomically(file: string, content: string, mode = 0o644): void {
  const temporary = `${file}.${randomUUID().slice(0, 8)}.tmp`;
  try {
    writeFileSync(temporary, content, { mode, flag: "wx" });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
