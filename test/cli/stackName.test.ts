/** Names of stacks as backends write them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { projectChecks, readProject } from "../../cli/doctor/project.ts";
import { runChecks } from "../../cli/doctor/runChecks.ts";
import { projectFolder, runFake } from "./fakeCli.ts";

describe("a name in full", () => {
  const name = "organization/tenant-edge/prod";

  it("goes to the operations as it is", async () => {
    expect((await runFake(["list", "--stack", name])).opened).toMatchObject([{ stack: name }]);
    const env = { TENANT_EDGE_STACK: name };
    expect((await runFake(["list"], { env })).opened).toMatchObject([{ stack: name }]);
    expect((await runFake(["list", "--stack", "organization/tenant-edge/pord"])).exitCode).toBe(2);
  });

  it("is read from the file of its last part by doctor", async () => {
    const project = await readProject(projectFolder(), name, {}, new AbortController().signal);
    const [, file] = await runChecks([projectChecks(project)], new AbortController().signal);
    expect(file?.check).toBe(`stack file of ${name}`);
    expect(file?.ways.join("\n")).toContain("tenant-edge:environment: found");
  });

  it("is completed, and its tenants are", async () => {
    const offered = async (...words: string[]) => {
      const { stdout } = await runFake(["complete", "--", ...words], { env: {} });
      return stdout.split("\n").flatMap((line) => (line === "" ? [] : [line.split("\t")[0]]));
    };
    expect(await offered("status", "--stack", name, "")).toEqual(["acme", "globex"]);
    expect(await offered("list", "--stack", "organization/tenant-edge/p")).toEqual([name]);
    expect(await offered("list", "--stack=organization/tenant-edge/p")).toEqual([`--stack=${name}`]);
  });
});

it.each([
  "../prod",
  "/prod",
  "organization/../prod",
  "a/b/c/prod",
  "prod/",
  "$(x)/prod",
])("%s is no name, whatever files there are", async (stack) => {
  const directory = projectFolder();
  writeFileSync(join(directory, "Pulumi..yaml"), "");
  for (const command of ["list", "doctor", "serve", "pull"]) {
    const run = await runFake([command, "--stack", stack, "--json"], { directory });
    expect(run, command).toMatchObject({ exitCode: 2, opened: [] });
    expect(JSON.parse(run.stdout)).toMatchObject({
      error: { code: "invalid-input", message: `${JSON.stringify(stack)} is no name of a stack.` },
    });
  }
});
