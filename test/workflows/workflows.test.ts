/** The workflows of this repository are right, and what would make them wrong is noticed. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { wavesOf } from "../../.github/scripts/shardMatrix.ts";
import { environmentNames } from "../../cli/globalOptions.ts";
import { shardsOfAll } from "../../operations/shards/overview.ts";
import { parseCompositeAction, parseWorkflow } from "./workflowFile.ts";
import { lint } from "./workflowLinter.ts";
import {
  type Checkout,
  expressionsInScripts,
  unknownCommands,
  unpinnedActions,
  workflowProblems,
} from "./workflowRules.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const workflowNamed = (name: string): string => `.github/workflows/${name}.yml`;

const packageJson = z
  .object({ scripts: z.record(z.string(), z.string()), dependencies: z.record(z.string(), z.string()) })
  .parse(JSON.parse(read("package.json")));

const checkout: Checkout = {
  scripts: new Set(Object.keys(packageJson.scripts)),
  hasFile: (path) => existsSync(join(ROOT, path)),
  workflow: (path) => (existsSync(join(ROOT, path)) ? parseWorkflow(read(path)) : undefined),
};

async function problems(path: string, text: string): Promise<string[]> {
  return [...(await lint(path, text)), ...workflowProblems(parseWorkflow(text), text, checkout)];
}

const workflows = globSync(".github/workflows/*.{yml,yaml}", { cwd: ROOT });
const actions = globSync(".github/actions/*/action.yml", { cwd: ROOT });
const STACK_ACTION = ".github/actions/stack/action.yml";

describe("workflows", () => {
  it("are the seven that the project needs", () => {
    expect(workflows.toSorted()).toEqual(
      ["checks", "deploy", "drift", "expire", "preview", "release", "sweep"].map(workflowNamed),
    );
  });

  it.each(workflows)("%s has no fault", async (path) => {
    expect(await problems(path, read(path))).toEqual([]);
  });

  it.each(actions)("%s has no fault", async (path) => {
    const text = read(path);
    const { steps } = parseCompositeAction(text).runs;
    expect([
      ...(await lint(path, text)),
      ...unpinnedActions(text, checkout),
      ...expressionsInScripts(steps),
      ...unknownCommands(steps, checkout),
    ]).toEqual([]);
  });

  it.each(actions)("give %s what it asks for, and nothing else", (path) => {
    const { inputs } = parseCompositeAction(read(path));
    const names = Object.keys(inputs);
    const uses = workflows
      .flatMap((workflow) => Object.values(parseWorkflow(read(workflow)).jobs))
      .flatMap(({ steps }) => steps.filter((step) => `${step.uses}/action.yml` === `./${path}`));
    expect(uses).not.toHaveLength(0);
    for (const step of uses) {
      const given = Object.keys(step.with ?? {});
      expect(names).toEqual(expect.arrayContaining(given));
      expect(given).toEqual(expect.arrayContaining(names.filter((name) => inputs[name]?.required)));
    }
  });

  it("install the engine that belongs to the SDK", () => {
    const installed = parseCompositeAction(read(STACK_ACTION)).runs.steps.map(
      (step) => step.with?.["pulumi-version"],
    );
    expect(installed.filter((version) => version !== undefined)).toEqual([
      packageJson.dependencies["@pulumi/pulumi"],
    ]);
  });

  it("cover every stack that has a file", async () => {
    const shards = await shardsOfAll(ROOT, environmentNames(ROOT));
    const files = globSync("Pulumi.*.yaml", { cwd: ROOT });
    expect(shards.map(({ stack }) => `Pulumi.${stack}.yaml`).toSorted()).toEqual(files.toSorted());
    const waves = Object.entries(wavesOf(shards)).flatMap(([environment, { rest }]) => [
      `${environment}.first`,
      ...(rest.length === 0 ? [] : [`${environment}.rest`]),
    ]);
    const deployed = Object.values(parseWorkflow(read(workflowNamed("deploy"))).jobs).flatMap(
      ({ strategy }) => /\.(\w+\.(?:first|rest)) \}\}/.exec(String(strategy?.matrix?.["stack"]))?.[1] ?? [],
    );
    expect(deployed).toEqual(expect.arrayContaining(waves));
    expect(deployed.toSorted()).toEqual(["prod.first", "prod.rest", "staging.first", "staging.rest"]);
  });

  it("bring staging up after the checks and prod after staging, each in its own environment", () => {
    const jobs = parseWorkflow(read(workflowNamed("deploy"))).jobs;
    expect(jobs["checks"]?.uses).toBe("./.github/workflows/checks.yml");
    expect(jobs["staging"]).toMatchObject({ environment: "staging", needs: ["checks", "shards"] });
    expect(jobs["staging-rest"]).toMatchObject({ environment: "staging", needs: ["shards", "staging"] });
    expect(jobs["prod"]).toMatchObject({ environment: "prod", needs: ["shards", "approval"] });
    expect(jobs["prod-rest"]).toMatchObject({ environment: "prod", needs: ["shards", "prod"] });
  });

  it("ask for one approval of all stacks of prod, where no credential is", () => {
    const { approval } = parseWorkflow(read(workflowNamed("deploy"))).jobs;
    expect(approval).toMatchObject({ environment: "prod-approval", needs: ["staging", "staging-rest"] });
    expect(JSON.stringify(approval)).not.toMatch(/secrets\.|id-token/);
  });

  it("say of each deployment which stack it was", () => {
    const jobs = Object.values(parseWorkflow(read(workflowNamed("deploy"))).jobs);
    const deploying = jobs.filter(({ steps }) => steps.some(({ run }) => run?.includes("pulumi up")));
    expect(deploying).toHaveLength(4);
    const [first] = deploying;
    for (const { steps } of deploying) expect(steps).toEqual(first?.steps);
    const text = read(workflowNamed("deploy"));
    const addresses = text.match(/url: .*\/Pulumi\.\$\{\{ matrix\.stack \}\}\.yaml$/gm) ?? [];
    expect(addresses).toHaveLength(deploying.length);
  });

  it("never share an environment between what deploys, what operates, what looks and what a pull request may change", () => {
    const environments = workflows.flatMap((path) => [
      ...new Set(
        Object.values(parseWorkflow(read(path)).jobs).flatMap(({ environment }) => environment ?? []),
      ),
    ]);
    expect(new Set(environments).size).toBe(environments.length);
    expect(environments).toHaveLength(7);
  });
});

describe("dependabot.yml", () => {
  const Update = z.looseObject({
    "package-ecosystem": z.string(),
    directory: z.string().optional(),
    directories: z.array(z.string()).optional(),
  });
  const { updates } = z
    .looseObject({ updates: z.array(Update) })
    .parse(parse(read(".github/dependabot.yml")));
  const directories = (ecosystem: string): string[] =>
    updates
      .filter((update) => update["package-ecosystem"] === ecosystem)
      .flatMap(({ directory, directories = [] }) => (directory === undefined ? directories : [directory]));

  it("looks where the dependencies are", () => {
    expect(directories("npm").filter((path) => checkout.hasFile(join(path, "package-lock.json")))).toEqual([
      "/",
    ]);
    expect(directories("gomod").map((path) => checkout.hasFile(join(path, "go.mod")))).toEqual([true]);
    expect(directories("github-actions").toSorted()).toEqual(
      ["/", ...actions.map((path) => `/${path.replace("/action.yml", "")}`)].toSorted(),
    );
  });
});

const MISTAKES = z
  .array(
    z.strictObject({
      mistake: z.string(),
      in: z.string(),
      find: z.string(),
      put: z.string(),
      finding: z.string(),
    }),
  )
  .parse(parse(read("test/workflows/mistakes.yaml")));

describe("a mistake in a workflow is caught", () => {
  it.each(MISTAKES)("$mistake", async ({ in: name, find, put, finding }) => {
    const good = read(workflowNamed(name));
    const bad = good.replace(find, () => put);
    expect(bad).not.toBe(good);
    expect((await problems(workflowNamed(name), bad)).join("\n")).toMatch(new RegExp(finding));
  });
});
