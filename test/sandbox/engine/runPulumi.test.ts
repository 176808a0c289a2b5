import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { needsStack } from "../../../sandbox/engine/defaultStack.ts";
import type { Engine } from "../../../sandbox/engine/engine.ts";
import { runPulumi, SandboxArgumentError } from "../../../sandbox/engine/runPulumi.ts";
import { ended, writeExecutable, writtenPid } from "./processes.ts";
import { temporaryFolder } from "./temporaryFolder.ts";

/** A sandbox folder with an executable that stands in for `pulumi`. */
function engineThat(script: string) {
  const folder = temporaryFolder();
  const command = join(folder, "pulumi");
  const pidFile = join(folder, "pid");
  writeExecutable(command, script);
  mkdirSync(join(folder, "project"));
  writeFileSync(join(folder, "project", "Pulumi.yaml"), "name: shop\n");
  const engine: Engine = { command, version: "3.255.0", source: "path", languageHost: "attached" };
  const env = { PULUMI_HOME: join(folder, "home"), PULUMI_BACKEND_URL: "file:///nowhere", PID_FILE: pidFile };
  return {
    folder,
    pidFile,
    run: (args: string[], signal?: AbortSignal) =>
      runPulumi(engine, args, { cwd: join(folder, "project"), env, stdio: "pipe", signal }),
  };
}

describe("needsStack", () => {
  it.each([
    ["up", true],
    ["preview --diff", true],
    ["--color never destroy --yes", true],
    ["-v 9 refresh", true],
    ["stack output hostname", true],
    ["stack", true],
    ["config set shop:zone example.com", true],
    ["state delete urn", true],
    ["stack ls", false],
    ["stack select prod", false],
    ["stack init dev", false],
    ["version", false],
    ["up --help", false],
    ["", false],
  ])("of `pulumi %s` is %s", (line, expected) => {
    expect(needsStack(line.split(" ").filter((word) => word !== ""))).toBe(expected);
  });
});

describe("runPulumi", () => {
  it("passes arguments, output and exit code on as they are", async () => {
    const { run } = engineThat(`console.log(process.argv.slice(2).join("|")); process.exitCode = 3;`);

    expect(await run(["version", "--a b", "c"])).toEqual({
      exitCode: 3,
      stdout: "version|--a b|c",
      stderr: "",
    });
  });

  it.each([
    ["--cwd=/elsewhere"],
    ["--cwd", "/elsewhere"],
    ["-C", "/elsewhere"],
  ])("refuses to leave the sandbox's project by %s", async (...args) => {
    const { run } = engineThat("");

    await expect(run(["up", ...args])).rejects.toThrow(SandboxArgumentError);
  });

  it("fails with the engine's words when the default stack cannot be made", async () => {
    const { run } = engineThat(`console.error("error: incorrect passphrase"); process.exitCode = 255;`);

    await expect(run(["up"])).rejects.toThrow("incorrect passphrase");
  });
});

/** Notes each interrupt; ends by itself, with the number of interrupts as its exit code, after the second. */
const COUNTS_INTERRUPTS = `
  const fs = require("node:fs");
  let interrupts = 0;
  process.on("SIGINT", () => {
    interrupts += 1;
    fs.writeFileSync(process.env.PID_FILE + ".interrupts", String(interrupts));
    if (interrupts === 2) process.exit(2);
  });
  setInterval(() => {}, 1000);
  fs.writeFileSync(process.env.PID_FILE, String(process.pid));`;

describe("an interrupted command", () => {
  const before = new Set<unknown>();
  /** A Ctrl-C as this process sees it, without the test runner seeing it too. */
  const pressCtrlC = () => {
    for (const listener of process.listeners("SIGINT")) if (!before.has(listener)) listener("SIGINT");
  };

  beforeEach(() => {
    for (const listener of process.listeners("SIGINT")) before.add(listener);
    vi.useFakeTimers({ toFake: ["performance"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("gets one interrupt for a Ctrl-C that arrives from the terminal and from npm, and a second for the next", async () => {
    const { run, pidFile } = engineThat(COUNTS_INTERRUPTS);
    const running = run(["version"]);
    const pid = await writtenPid(pidFile);

    pressCtrlC();
    vi.advanceTimersByTime(20);
    pressCtrlC();
    await vi.waitFor(() => expect(readFileSync(`${pidFile}.interrupts`, "utf8")).toBe("1"), {
      timeout: 5_000,
    });
    vi.advanceTimersByTime(2_000);
    pressCtrlC();

    expect(await running).toMatchObject({ exitCode: 2 });
    await ended(pid);
  });

  it("is ended by the third interrupt when it reacts to none, with all that it has started", async () => {
    const { run, pidFile } = engineThat(`
      process.on("SIGINT", () => {});
      const child = require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
      setInterval(() => {}, 1000);
      require("node:fs").writeFileSync(process.env.PID_FILE, String(child.pid));`);
    const running = run(["version"]);
    const grandchild = await writtenPid(pidFile);

    for (let press = 0; press < 3; press += 1) {
      pressCtrlC();
      vi.advanceTimersByTime(2_000);
    }

    expect(await running).toMatchObject({ exitCode: 137 });
    await ended(grandchild);
  });

  it("can be interrupted by a signal of the program that runs it", async () => {
    const { run, pidFile } = engineThat(`
      process.on("SIGINT", () => process.exit(1));
      setInterval(() => {}, 1000);
      require("node:fs").writeFileSync(process.env.PID_FILE, String(process.pid));`);
    const controller = new AbortController();
    const running = run(["version"], controller.signal);
    await writtenPid(pidFile);
    controller.abort();

    expect(await running).toMatchObject({ exitCode: 1 });
  });

  it("leaves no listener of signals behind", async () => {
    const { run } = engineThat("");
    const listeners = () =>
      ["SIGINT", "SIGTERM", "SIGHUP", "SIGWINCH"].map((name) => process.listenerCount(name));
    const initial = listeners();
    await run(["version"]);

    expect(listeners()).toEqual(initial);
  });
});
