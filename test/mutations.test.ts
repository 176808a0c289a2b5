/** Whether the tests notice mistakes: each mutation of `scripts/mutations.ts` is caught. */
import { join } from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");

it.runIf(process.platform !== "win32")("every mutation is caught by a test", async () => {
  const { all, exitCode } = await execa(process.execPath, ["scripts/mutations.ts"], {
    cwd: ROOT,
    all: true,
    reject: false,
  });
  console.log(all);
  expect({ exitCode, all }).toMatchObject({ exitCode: 0 });
});
