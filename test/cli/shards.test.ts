/** `tenant-edge shards`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { shardFolder, stackText } from "../environment/shardFolder.ts";
import { runFake } from "./fakeCli.ts";

function project() {
  const directory = shardFolder({
    prod: stackText([{ id: "acme" }], { environment: "prod" }),
    "prod-2": stackText([], { environment: "prod", network: { stack: "prod" } }),
    staging: stackText([], { environment: "staging" }),
  });
  writeFileSync(join(directory, "Pulumi.yaml"), "name: tenant-edge\nruntime: nodejs\n");
  return directory;
}

/** Without what surrounds the tests. */
const NONE = { TENANT_EDGE_STACK: "", TENANT_EDGE_ENV: "" };

it("shows the stacks of all environments, or of one", async () => {
  const directory = project();
  const all = await runFake(["shards"], { directory, env: NONE });
  expect(all).toMatchObject({ exitCode: 0, stderr: "" });
  expect(all.stdout).toMatch(/prod +│ prod +│ eu-west-1 .*│ 1 of 50 │ its own/);
  expect(all.stdout).toMatch(/prod +│ prod-2 .*│ 0 of 50 │ of prod/);
  expect(all.stdout).toMatch(/staging +│ staging /);

  const one = await runFake(["shards", "--env", "prod", "--json"], { directory, env: NONE });
  const { shards } = JSON.parse(one.stdout);
  expect(shards).toMatchObject([
    { stack: "prod", environment: "prod", after: null },
    { stack: "prod-2", environment: "prod", after: "prod" },
  ]);
});

it("names the environments there are when it is asked for another, and refuses a stack", async () => {
  const directory = project();
  const { exitCode, stderr } = await runFake(["shards", "--env", "live"], { directory, env: NONE });
  expect(exitCode).toBe(2);
  expect(stderr).toContain("prod, staging");
  expect((await runFake(["shards", "--stack", "prod"], { directory, env: NONE })).exitCode).toBe(2);
});
