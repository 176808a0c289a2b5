import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

export interface FileText {
  /** Below the folder. */
  path: string;
  bytes: Buffer;
}

/** All files below a folder but those that `leaves` names. What another process removes meanwhile is left out. */
export function* filesBelow(folder: string, leaves: (path: string) => boolean): Generator<FileText> {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const whole = join(entry.parentPath, entry.name);
    const path = relative(folder, whole);
    if (!entry.isFile() || leaves(path)) continue;
    try {
      yield { path, bytes: readFileSync(whole) };
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
  }
}
