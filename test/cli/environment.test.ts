/** `--env` in the place of `--stack`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Plan } from "../../operations/contract.ts";
import { type FakeOptions, projectFolder, runFake } from "./fakeCli.ts";

/** Stacks of prod, in the ways in which a file can say so, and one of staging. */
function environments(): string {
  const directory = projectFolder();
  const files = {
    prod: "config:\n  tenant-edge:environment: prod\n  tenant-edge:tenants: [{ id: acme }]\n",
    "prod-2":
      'config:\n  "tenant-edge:environment": "prod" # the second\n  tenant-edge:tenants: [{ id: globex }]\n',
    "prod-3": "config: { 'tenant-edge:environment': prod, 'tenant-edge:tenants': [{ id: initech }] }\n",
    staging: "config:\n  tenant-edge:environment: staging\n",
    broken: "config:\n  tenant-edge:environment: [\n",
  };
  for (const [stack, text] of Object.entries(files))
    writeFileSync(join(directory, `Pulumi.${stack}.yaml`), text);
  return directory;
}

const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}, more: Partial<FakeOptions> = {}) =>
  runFake(args, { directory: environments(), env, ...more });

describe("an environment", () => {
  it("is opened by every operation and by serve", async () => {
    for (const args of [["list"], ["status", "acme"], ["expire", "--act", "--yes"]]) {
      const { opened, exitCode } = await run([...args, "--env", "prod"]);
      expect(opened, args.join(" ")).toMatchObject([{ environment: "prod", surface: "cli" }]);
      expect(opened[0]).not.toHaveProperty("stack");
      expect(exitCode).toBe(0);
    }
    const served = await run(["serve", "--env", "prod", "--tokens-file", "/nowhere"]);
    expect(served.opened).toMatchObject([{ environment: "prod", surface: "service" }]);
  });

  it("may come from the surroundings, and an option comes first", async () => {
    expect((await run(["list"], { TENANT_EDGE_ENV: "prod" })).opened).toMatchObject([
      { environment: "prod" },
    ]);
    const both = { TENANT_EDGE_ENV: "prod", TENANT_EDGE_STACK: "staging" };
    expect((await run(["list", "--env", "staging"], both)).opened).toMatchObject([
      { environment: "staging" },
    ]);
    expect((await run(["list", "--stack", "prod-2"], both)).opened).toMatchObject([{ stack: "prod-2" }]);
  });

  it("is confirmed by its name when something is lost for good", async () => {
    const plan: Plan = { operation: "sweepOrphans", tenant: "", list: [], steps: [], notes: [] };
    const args = ["sweep-orphans", "--delete", "--env", "prod"];
    const { calls } = await run(args, {}, { typed: ["prod"], plan });
    expect(calls.map(([name]) => name)).toEqual(["plan sweepOrphans", "sweepOrphans"]);
  });

  it("that was not asked as a whole ends with 1", async () => {
    const failedStacks = [{ stack: "prod-2", outcome: "failed", error: "no answer" }];
    const operations = { list: () => ({ environment: "prod", stack: "prod", tenants: [], failedStacks }) };
    const { exitCode, stdout } = await run(["list", "--env", "prod"], {}, { operations });
    expect(exitCode).toBe(1);
    expect(stdout).toContain("no answer");
  });
});

describe("refused, before anything is opened", () => {
  it.each([
    [
      "both options",
      ["list", "--stack", "prod", "--env", "prod"],
      {},
      "Both a stack (prod) and an environment (prod)",
    ],
    ["both variables", ["list"], { TENANT_EDGE_ENV: "prod", TENANT_EDGE_STACK: "prod" }, "are both set"],
    ["neither", ["list"], {}, "No stack is named, and no environment."],
    ["neither, with what there is", ["list"], {}, "are of prod, staging."],
    ["an unknown one", ["list", "--env", "pord"], {}, 'No stack is of the environment "pord".'],
    ["one of a command for one stack", ["pull", "--env", "prod"], {}, "This command works on one stack"],
    ["the same", ["doctor", "--env", "prod"], {}, "This command works on one stack"],
  ] as const)("%s", async (_, args, env, words) => {
    const { exitCode, opened, stderr } = await run(args, env);
    expect({ exitCode, opened }).toEqual({ exitCode: 2, opened: [] });
    expect(stderr).toContain(words);
  });
});

it("completion offers environments, and then the tenants of all their stacks", async () => {
  const offered = async (...words: string[]) => {
    const { stdout } = await run(["complete", "--", ...words]);
    return stdout.split("\n").flatMap((line) => (line === "" ? [] : [line.split("\t")[0]]));
  };
  expect(await offered("list", "--env", "")).toEqual(["prod", "staging"]);
  expect(await offered("status", "--env", "prod", "")).toEqual(["acme", "globex", "initech"]);
});
