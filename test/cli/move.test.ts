/** `tenant-edge move`, before it has anything to do with an engine. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { projectFolder, runFake } from "./fakeCli.ts";

function project(): string {
  const directory = projectFolder();
  for (const stack of ["prod", "prod-2"]) {
    const config = "config:\n  tenant-edge:environment: prod\n  tenant-edge:tenants: []\n";
    writeFileSync(join(directory, `Pulumi.${stack}.yaml`), config);
  }
  writeFileSync(join(directory, "Pulumi.test.yaml"), "config:\n  tenant-edge:environment: test\n");
  return directory;
}

it("needs a tenant, a stack that is to have it, and a person or --yes", async () => {
  const directory = project();
  const run = (...args: string[]) => runFake(["move", ...args], { directory });
  expect((await run("acme")).stderr).toContain("--to <stack>");
  const unasked = await run("acme", "--to", "prod-2");
  expect(unasked).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("Add --yes to go on") });
});

it("is between stacks of one environment, of a tenant that one of them has", async () => {
  const directory = project();
  const run = (...args: string[]) =>
    runFake(["move", "acme", "--yes", "--json", ...args], { directory, env: { PATH: "" } });
  const codeOf = async (...args: string[]) => {
    const { exitCode, stdout } = await run(...args);
    return [exitCode, (JSON.parse(stdout) as { error: { code: string } }).error.code];
  };
  expect(await codeOf("--to", "test", "--env", "prod")).toEqual([2, "invalid-input"]);
  expect(await codeOf("--to", "nowhere")).toEqual([2, "invalid-configuration"]);
  expect(await codeOf("--to", "prod-2")).toEqual([3, "tenant-not-found"]);
});
