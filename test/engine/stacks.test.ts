import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type SmallProject, smallProject } from "./realEngine.ts";

const PROGRAM = `
  import { Config, getStack } from "@pulumi/pulumi";
  export const stack = getStack();
  export const greeting = new Config().require("greeting");`;

interface StackListing {
  readonly name: string;
  readonly current: boolean;
}

async function stacks(project: SmallProject): Promise<StackListing[]> {
  return JSON.parse((await project.pulumi(["stack", "ls", "--json"])).stdout) as StackListing[];
}

async function output(project: SmallProject, name: string): Promise<string> {
  return (await project.pulumi(["stack", "output", name])).stdout;
}

describe("the stack of a sandbox's command", () => {
  it("is staging at first, made on its first use and not before", async () => {
    const project = await smallProject(PROGRAM);
    expect(await stacks(project)).toEqual([]);

    await project.pulumi(["up", "--yes", "--skip-preview"]);

    expect(await output(project, "stack")).toBe("staging");
    expect(await output(project, "greeting")).toBe("good morning");
  });

  it("is the one that the user selects", async () => {
    const project = await smallProject(PROGRAM);
    await project.pulumi(["stack", "select", "--create", "prod"]);
    await project.pulumi(["up", "--yes", "--skip-preview"]);

    expect(await output(project, "greeting")).toBe("good evening");
    expect((await stacks(project)).map(({ name }) => name)).toEqual(["prod"]);
  });

  it("is the one that the command names, made when the repository has a file for it", async () => {
    const project = await smallProject(PROGRAM);
    await project.pulumi(["preview"]);

    const named = await project.pulumi(["up", "--yes", "--skip-preview", "--stack", "prod"]);
    const again = await project.pulumi(["preview", "--stack=prod", "--expect-no-changes"]);
    const mistyped = await project.pulumi(["preview", "--stack", "prd"]);

    expect(named.exitCode).toBe(0);
    expect(again.exitCode).toBe(0);
    expect(mistyped.exitCode).not.toBe(0);
    expect(mistyped.stderr).toContain("no stack named 'prd' found");
    expect((await stacks(project)).find(({ current }) => current)?.name).toBe("staging");
  });

  it("is gone with destroy and stack rm, and made anew by the next command", async () => {
    const project = await smallProject(PROGRAM);
    await project.pulumi(["up", "--yes", "--skip-preview"]);
    const destroyed = await project.pulumi(["destroy", "--yes"]);
    const removed = await project.pulumi(["stack", "rm", "--yes", "staging"]);
    const anew = await project.pulumi(["up", "--yes", "--skip-preview"]);

    expect([destroyed, removed, anew].map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
  });
});

describe("the checkout of a sandbox", () => {
  it("stays as it is while the sandbox's configuration changes", async () => {
    const project = await smallProject(PROGRAM);
    const git = (...args: string[]) =>
      execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], {
        cwd: project.checkout,
        encoding: "utf8",
      });
    git("init", "--quiet");
    git("add", "-A");
    git("commit", "--quiet", "-m", "start");

    await project.pulumi(["config", "set", "greeting", "hello"]);
    await project.pulumi(["config", "set", "--secret", "password", "opensesame"]);
    await project.pulumi(["up", "--yes", "--skip-preview"]);
    await project.pulumi(["stack", "init", "dev"]);

    expect(git("status", "--porcelain")).toBe("");
    await project.pulumi(["stack", "select", "staging"]);
    expect(await output(project, "greeting")).toBe("hello");
    expect(readFileSync(join(project.folder, "project", "Pulumi.staging.yaml"), "utf8")).toContain(
      "# Settings.",
    );
  });
});
