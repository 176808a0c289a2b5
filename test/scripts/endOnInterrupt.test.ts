import { once } from "node:events";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { execa } from "execa";
import { expect, it } from "vitest";

const MODULE = pathToFileURL(join(import.meta.dirname, "../../scripts/endOnInterrupt.ts")).href;

/** Another listener, like that of a running engine, would keep it alive. */
const PROGRAM = `
  import { endOnInterrupt } from ${JSON.stringify(MODULE)};
  endOnInterrupt();
  for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => {});
  setInterval(() => {}, 60_000);
  console.log("ready");
`;

it.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s ends the process at once with %d, and it says that nothing is kept", async (name, exitCode) => {
  const child = execa(process.execPath, ["--input-type=module", "--eval", PROGRAM], { reject: false });
  await once(child.stdout, "data");
  child.kill(name);
  expect(await child).toMatchObject({ exitCode, stderr: expect.stringContaining("nothing is kept") });
});
