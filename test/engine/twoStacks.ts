/** Two stacks of one environment, both deployed, and the move of a tenant between them. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { parse, stringify } from "yaml";
import type { Call } from "../../operations/contract.ts";
import { moveTenant } from "../../operations/shards/move/moveTenant.ts";
import { testStack } from "./testStack.ts";

export const [FIRST, SECOND] = ["staging", "second"] as const;
const UP = ["up", "--yes", "--skip-preview"];

/** An entry without a host. */
export const alone = (id: string, more: object = {}) => ({ id, host: { enabled: false }, ...more });

interface StackFile {
  config: Record<string, unknown> & { "tenant-edge:tenants": { id: string }[] };
}

/** The first one has the tenants; the second one, with the same settings, those of `others`. */
export async function twoStacks(tenants: { id: string }[], others: { id: string }[], network?: object) {
  const stack = await testStack({ tenants });
  await stack.up();
  const fileOf = (name: string) => join(stack.project, `Pulumi.${name}.yaml`);
  const read = (name: string) => parse(readFileSync(fileOf(name), "utf8")) as StackFile;
  const configure = (name: string, changes: object) => {
    const { config, ...rest } = read(name);
    writeFileSync(fileOf(name), stringify({ ...rest, config: { ...config, ...changes } }));
  };
  const init = await stack.pulumi(["stack", "init", SECOND, "--no-select"]);
  expect(init.exitCode, init.stderr).toBe(0);
  const { config } = read(FIRST);
  configure(SECOND, {
    ...config,
    "tenant-edge:tenants": others,
    ...(network !== undefined && { "tenant-edge:network": network }),
  });
  const up = (name: string, ...args: string[]) => stack.pulumi([...UP, "--stack", name, ...args]);
  const deployed = await up(SECOND);
  expect(deployed.exitCode, deployed.stdout).toBe(0);
  const outputsOf = async (name: string) => {
    const { stdout } = await stack.pulumi(["stack", "output", "--json", "--stack", name]);
    return JSON.parse(stdout) as { tenants: object; arriving: string[] };
  };
  return {
    stack,
    configure,
    up,
    /** Both stack files; `restore` brings them back. */
    checkout: () => {
      const texts = [FIRST, SECOND].map(
        (name) => [fileOf(name), readFileSync(fileOf(name), "utf8")] as const,
      );
      return {
        restore: () => {
          for (const [path, text] of texts) writeFileSync(path, text);
        },
      };
    },
    listed: (name: string) => read(name).config["tenant-edge:tenants"].map(({ id }) => id),
    outputs: async (name: string) => Object.keys((await outputsOf(name)).tenants),
    arriving: async (name: string) => (await outputsOf(name)).arriving,
    /** @param data where records are kept, when it is another machine. */
    move: (tenant: string, to: string, call: Call = {}, data?: string) =>
      moveTenant(
        { directory: stack.project, tenant, to, env: { ...stack.sandbox.env }, actor: "test", data },
        call,
      ),
    unchanged: async () => {
      const ups = [FIRST, SECOND].map((name) => up(name, "--expect-no-changes"));
      for (const { exitCode, stdout } of await Promise.all(ups)) expect(exitCode, stdout).toBe(0);
    },
  };
}
