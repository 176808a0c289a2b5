/** Completion: what is offered, and the script in a real bash. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it, onTestFinished } from "vitest";
import { projectFolder, runFake } from "./fakeCli.ts";

const CHECKOUT = join(import.meta.dirname, "../..");

async function offered(words: readonly string[], env: NodeJS.ProcessEnv = {}, directory = projectFolder()) {
  const { stdout, exitCode } = await runFake(["complete", "--", ...words], { env, directory });
  expect(exitCode).toBe(0);
  return stdout.split("\n").flatMap((line) => (line === "" ? [] : [line.split("\t")[0]]));
}

describe("candidates", () => {
  it("are commands first", async () => {
    expect(await offered(["rotate"])).toEqual(["rotate-keys", "rotate-tunnel"]);
    expect(await offered([""])).toContain("doctor");
    expect(await offered([""])).not.toContain("complete");
    expect(await offered(["--stack", "prod", "enr"])).toEqual(["enroll"]);
  });

  it("are the options of the command that were not given yet", async () => {
    expect(await offered(["disable", "--re"])).toEqual(["--retention-days"]);
    expect(await offered(["disable", "--retention-days", "3", "--re"])).toEqual([]);
    expect(await offered(["disable", "--s"])).toEqual(["--stack"]);
    expect(await offered(["list", "--retention"])).toEqual([]);
  });

  it("are values of options, in every spelling", async () => {
    expect(await offered(["list", "--stack", ""])).toEqual(["prod", "staging"]);
    expect(await offered(["list", "--stack=st"])).toEqual(["--stack=staging"]);
    // As bash splits it.
    expect(await offered(["list", "--stack", "=", "st"])).toEqual(["staging"]);
    expect(await offered(["list", "--stack", "="])).toEqual(["prod", "staging"]);
    expect(await offered(["usage", "--format", ""])).toEqual(["text", "csv"]);
    expect(await offered(["list", "--actor", ""])).toEqual([]);
  });

  it("are tenants of the stack, once it is known", async () => {
    expect(await offered(["status", "--stack", "prod", ""])).toEqual(["acme", "globex"]);
    expect(await offered(["status", "g"], { TENANT_EDGE_STACK: "prod" })).toEqual(["globex"]);
    expect(await offered(["status", "acme", ""], { TENANT_EDGE_STACK: "prod" })).toEqual([]);
    expect(await offered(["sweep-health", "acme", "g"], { TENANT_EDGE_STACK: "prod" })).toEqual(["globex"]);
    expect(await offered(["status", ""])).toEqual([]);
  });

  it("hold nothing that a shell could take for more than a word", async () => {
    const directory = projectFolder();
    writeFileSync(join(directory, "Pulumi.$(touch x).yaml"), "");
    expect(await offered(["list", "--stack", ""], {}, directory)).toEqual(["prod", "staging"]);
  });
});

it("works in bash", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tenant-edge-bash-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const command = join(folder, "tenant-edge");
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${CHECKOUT}/bin/tenant-edge.js' "$@"\n`, {
    mode: 0o755,
  });
  const complete = async (...words: string[]) => {
    const script = `
      source <(tenant-edge completion bash)
      COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
      function="$(complete -p tenant-edge | sed -E 's/.*-F ([^ ]+) .*/\\1/')"
      "$function" tenant-edge
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await execa("bash", ["-c", script, "bash", "tenant-edge", ...words], {
      cwd: projectFolder(),
      env: { PATH: `${folder}:${process.env["PATH"]}` },
    });
    return stdout.split("\n");
  };
  expect(await complete("sweep")).toEqual(["sweep-health", "sweep-orphans"]);
  expect(await complete("status", "--stack", "=", "prod", "")).toEqual(["acme", "globex"]);
});

it.each([
  ["zsh", "#compdef tenant-edge"],
  ["fish", "complete -c tenant-edge"],
])("has a script for %s", async (shell, begin) => {
  expect((await runFake(["completion", shell])).stdout).toContain(begin);
  expect((await runFake(["completion", "tcsh"])).exitCode).toBe(2);
});
