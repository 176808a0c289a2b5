/** The pack as a whole: what the page says of it, what its configuration names, and where it runs. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { MISCONFIGURATIONS } from "../../deep/policies/misconfigurations.ts";
import config from "../../policies/config.json" with { type: "json" };
import { RESOURCE_RULES, STACK_RULES } from "../../policies/rules.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const RULES = [...RESOURCE_RULES, ...STACK_RULES];
const settingsOf = (policy: string) =>
  Object.keys(RULES.find(({ name }) => name === policy)?.configSchema?.properties ?? {});

describe.each(RULES.map(({ name }) => name))("%s", (name) => {
  const page = read("docs/policies.md");

  it("is on the page, with each setting", () => {
    expect(page).toMatch(new RegExp(`^\\| \`${name}\` \\| [^|]{20,} \\|$`, "m"));
    for (const setting of settingsOf(name)) expect(page).toContain(`| \`${name}\` | \`${setting}\` |`);
  });

  it("is tried by a misconfiguration", () => {
    expect(MISCONFIGURATIONS.map(({ policy }) => policy)).toContain(name);
  });
});

it("configures what there is", () => {
  for (const [policy, settings] of Object.entries(config)) {
    for (const setting of Object.keys(settings)) expect(settingsOf(policy)).toContain(setting);
  }
});

it("has thirty misconfigurations of different names", () => {
  expect(new Set(MISCONFIGURATIONS.map(({ name }) => name)).size).toBe(30);
});

it.each([
  [".github/workflows/preview.yml", "pulumi preview", 1],
  // Its jobs share their steps.
  [".github/workflows/deploy.yml", "pulumi up", 1],
])("%s runs the pack", (path, command, count) => {
  const commands = [...read(path).matchAll(new RegExp(`${command} --stack .*`, "g"))].map(([line]) => line);
  expect(commands).toHaveLength(count);
  for (const line of commands) expect(line).toContain("--policy-pack policies ");
});
