/** Whether the tests notice mistakes: `npm run mutations` catches each one. */
import { join } from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");

it.runIf(process.platform !== "win32")("every mutation is caught by a test", async () => {
  const { all, exitCode } = await execa("npm", ["run", "mutations"], {
    cwd: ROOT,
    all: true,
    reject: false,
  });
  console.log(all);
  expect({ exitCode, all }).toMatchObject({ exitCode: 0 });
});
