import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { programEnvironment } from "../../sandbox/engine/environment.ts";
import { serveLanguageHost } from "../../sandbox/engine/languageHost.ts";
import { ended, writtenPid } from "../sandbox/engine/processes.ts";
import { smallProject } from "./realEngine.ts";

const UP = ["up", "--yes", "--skip-preview"];

/** Runs for ever, after it has written its process id. */
const HANGS = `
  import { writeFileSync } from "node:fs";
  writeFileSync("pid", String(process.pid));
  setInterval(() => {}, 1000);
  await new Promise(() => {});`;

describe("the language host, on the real engine", () => {
  it("runs a TypeScript program where it lies, with the stack's settings and secrets", async () => {
    const project = await smallProject(`
      import { Config, getStack } from "@pulumi/pulumi";
      const config = new Config();
      const greeting: string = config.require("greeting");
      export const said = \`\${greeting} from \${getStack()}\`;
      export const where = process.cwd();
      export const secret = config.requireSecret("password");`);
    await project.pulumi(["config", "set", "--secret", "password", "opensesame"]);

    const up = await project.pulumi(UP);
    const shown = JSON.parse((await project.pulumi(["stack", "output", "--json"])).stdout);
    const revealed = JSON.parse(
      (await project.pulumi(["stack", "output", "--json", "--show-secrets"])).stdout,
    );

    expect(up).toMatchObject({ exitCode: 0 });
    expect(up.stdout).not.toContain("opensesame");
    expect(shown).toEqual({ said: "good morning from staging", where: project.checkout, secret: "[secret]" });
    expect(revealed).toMatchObject({ secret: "opensesame" });
  });

  it("shows what the program prints, on both streams", async () => {
    const project = await smallProject(`
      console.log("a line with ümlauts");
      console.error("a warning");
      process.stdout.write("no newline");`);

    const { stdout } = await project.pulumi(UP);

    expect(stdout).toContain("a line with ümlauts");
    expect(stdout).toContain("a warning");
    expect(stdout).toContain("no newline");
  });

  it("reports a program's own error once, without a second one about the exit code", async () => {
    const project = await smallProject(`
      import { RunError } from "@pulumi/pulumi";
      throw new RunError("tenant acme has no hostname");`);

    const { exitCode, stdout } = await project.pulumi(UP);

    expect(exitCode).not.toBe(0);
    expect(stdout).toContain("error: tenant acme has no hostname");
    expect(stdout).not.toMatch(/exited|unhandled/);
  });

  it.each([
    ["process.kill(process.pid, 'SIGKILL');", "the program was ended by SIGKILL"],
    ["process.exit(7);", "the program exited with code 7"],
  ])("reports a program that ended without a word: %s", async (program, message) => {
    const { exitCode, stdout } = await (await smallProject(program)).pulumi(UP);

    expect(exitCode).not.toBe(0);
    expect(stdout).toContain(message);
  });

  it("says what to do when the SDK is not installed", async () => {
    const project = await smallProject("");
    project.write("Pulumi.yaml", "name: small\nmain: /\nruntime: nodejs\n");

    const { stdout, stderr } = await project.pulumi(UP);

    expect(stdout + stderr).toContain("@pulumi/pulumi is not installed for the program in /");
  });

  it("ends the program with an interrupted command", async () => {
    const project = await smallProject(HANGS);
    const controller = new AbortController();
    const running = project.pulumi(UP, controller.signal);
    const pid = await writtenPid(join(project.checkout, "pid"));
    controller.abort();

    expect((await running).stdout).toContain("cancel");
    await ended(pid);
  });

  it("ends the programs that still run when it is closed", async () => {
    const project = await smallProject(HANGS);
    const running = project.pulumi(UP);
    const pid = await writtenPid(join(project.checkout, "pid"));
    await project.host.close();

    expect((await running).exitCode).not.toBe(0);
    await ended(pid);
  });

  it("serves two engines at once, each with its own program's output", async () => {
    const host = await serveLanguageHost({ env: programEnvironment() });
    onTestFinished(() => host.close());
    const [first, second] = await Promise.all(
      ["first", "second"].map((name) => smallProject(`console.log("this is the ${name}");`, host)),
    );

    const [one, two] = await Promise.all([first?.pulumi(UP), second?.pulumi(UP)]);

    expect(one?.stdout).toContain("this is the first");
    expect(one?.stdout).not.toContain("second");
    expect(two?.stdout).toContain("this is the second");
    expect(two?.stdout).not.toContain("first");
  });
});
