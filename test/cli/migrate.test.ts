/** `tenant-edge migrate`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { projectFolder, runFake } from "./fakeCli.ts";

const OLD =
  'config:\n  # Theirs.\n  tenant-edge:tenants:\n    - id: acme\n      displayName: "Acme\\nInc."\n';

function project(text: string) {
  const directory = projectFolder();
  const file = join(directory, "Pulumi.prod.yaml");
  writeFileSync(file, text);
  return { directory, read: () => readFileSync(file, "utf8") };
}

it("shows the differences, asks, and writes them once", async () => {
  const { directory, read } = project(OLD);
  const looked = await runFake(["migrate", "--dry-run"], { directory });
  expect(looked).toMatchObject({ exitCode: 0, stdout: "Nothing was written.\n" });
  expect(looked.stderr).toContain('-      displayName: "Acme\\nInc."\n+      displayName: Acme Inc.\n');
  expect(looked.stderr).toContain("version 2: the display name of a tenant is one line");
  expect((await runFake(["migrate"], { directory })).exitCode).toBe(2);
  expect((await runFake(["migrate"], { directory, typed: ["n"] })).exitCode).toBe(130);
  expect(read()).toBe(OLD);

  const written = await runFake(["migrate", "--yes", "--json"], { directory });
  expect(JSON.parse(written.stdout)).toMatchObject({ version: 2, written: true });
  expect(read()).toContain("  # Theirs.\n");
  expect(read()).toContain("displayName: Acme Inc.\n");
  const again = await runFake(["migrate", "--yes"], { directory });
  expect(again).toMatchObject({
    exitCode: 0,
    stdout: "Pulumi.prod.yaml has nothing to migrate.\n",
    stderr: "",
  });
});

it("writes nothing when the file is no YAML", async () => {
  const { directory, read } = project("config: [\n");
  const { exitCode, stderr } = await runFake(["migrate", "--yes"], { directory });
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain("Nothing was changed");
  expect(read()).toBe("config: [\n");
});
