import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A folder that is removed when the test has finished. Its name has a blank, as users' folders have. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "tenant edge ")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
