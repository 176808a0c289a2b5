/** The workflows of this repository are right, and what would make them wrong is noticed. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
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
  stacks: new Set(
    globSync("Pulumi.*.yaml", { cwd: ROOT }).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []),
  ),
  hasFile: (path) => existsSync(join(ROOT, path)),
  workflow: (path) => (existsSync(join(ROOT, path)) ? parseWorkflow(read(path)) : undefined),
};

async function problems(path: string, text: string): Promise<string[]> {
  return [...(await lint(path, text)), ...workflowProblems(parseWorkflow(text), text, checkout)];
}

const workflows = globSync(".github/workflows/*.{yml,yaml}", { cwd: ROOT });
const actions = globSync(".github/actions/*/action.yml", { cwd: ROOT });
const ACTION = ".github/actions/stack/action.yml";

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

  it("give the repository's own action what it asks for", () => {
    const { inputs } = parseCompositeAction(read(ACTION));
    const uses = workflows
      .flatMap((path) => Object.values(parseWorkflow(read(path)).jobs))
      .flatMap(({ steps }) => steps.filter(({ uses }) => uses === "./.github/actions/stack"));
    expect(uses).not.toHaveLength(0);
    for (const step of uses) expect(Object.keys(step.with ?? {})).toEqual(Object.keys(inputs));
  });

  it("install the engine that belongs to the SDK", () => {
    const installed = parseCompositeAction(read(ACTION)).runs.steps.map(
      (step) => step.with?.["pulumi-version"],
    );
    expect(installed.filter((version) => version !== undefined)).toEqual([
      packageJson.dependencies["@pulumi/pulumi"],
    ]);
  });

  it("cover every stack", () => {
    for (const name of ["preview", "drift", "expire", "sweep"]) {
      const [job] = Object.values(parseWorkflow(read(workflowNamed(name))).jobs);
      expect(new Set(z.array(z.string()).parse(job?.strategy?.matrix?.["stack"]))).toEqual(checkout.stacks);
    }
    const deployed = Object.values(parseWorkflow(read(workflowNamed("deploy"))).jobs).flatMap(
      (job) => job["environment"] ?? [],
    );
    expect(new Set(deployed)).toEqual(checkout.stacks);
  });

  it("bring staging up after the checks and prod after staging, each in its own environment", () => {
    const { checks, staging, prod } = parseWorkflow(read(workflowNamed("deploy"))).jobs;
    expect(checks?.uses).toBe("./.github/workflows/checks.yml");
    expect(staging).toMatchObject({ environment: "staging", needs: ["checks"] });
    expect(prod).toMatchObject({ environment: "prod", needs: ["staging"] });
  });

  it("never share an environment between what deploys, what operates, what looks and what a pull request may change", () => {
    const environments = workflows.flatMap((path) =>
      Object.values(parseWorkflow(read(path)).jobs).flatMap((job) => job["environment"] ?? []),
    );
    expect(new Set(environments).size).toBe(environments.length);
    expect(environments).toHaveLength(6);
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
