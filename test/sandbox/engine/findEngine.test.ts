import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findEngine, NoEngineError } from "../../../sandbox/engine/findEngine.ts";
import type { EngineProgress } from "../../../sandbox/engine/progress.ts";
import { ended, writeExecutable, writtenPid } from "./processes.ts";
import { temporaryFolder } from "./temporaryFolder.ts";

const printsVersion = (version: string): string => `console.log("v${version}")`;

/** Stands in for `go`: notes what it is asked, and builds an engine that prints its version. */
const fakeGo = ({ version = "go1.26.8", toolchain = "local", onBuild = "" } = {}): string => `
  const fs = require("node:fs");
  const args = process.argv.slice(2);
  const note = { args, cgo: process.env.CGO_ENABLED, sumdb: process.env.GOSUMDB, cwd: process.cwd() };
  fs.appendFileSync(process.env.GO_CALLS, JSON.stringify(note) + "\\n");
  if (args[0] === "env") console.log("${version}\\n${toolchain}");
  if (args[0] === "list") {
    console.error("go: downloading github.com/blang/semver v3.5.1+incompatible");
    console.log("fmt\\ngithub.com/pulumi/pulumi/pkg/v3/cmd/pulumi");
  }
  if (args[0] === "build") {
    console.error("github.com/blang/semver");
    ${onBuild}
    const output = args[args.indexOf("-o") + 1];
    fs.writeFileSync(output, "#!" + process.execPath + "\\nconsole.log('v3.255.0')", { mode: 0o755 });
  }`;

/** A machine with nothing on its PATH, an empty cache and an installer that finds its network closed. */
function machine() {
  const folder = temporaryFolder();
  const bin = join(folder, "bin");
  const goCalls = join(folder, "go-calls");
  const installerCalls = join(folder, "installer-calls");
  mkdirSync(bin);
  /** Where the cache keeps the pinned release. */
  const release = join(folder, "cache", "engine", `3.255.0-${process.platform}-${process.arch}`);
  const env: NodeJS.ProcessEnv = {
    PATH: bin,
    TENANT_EDGE_CACHE: join(folder, "cache"),
    GO_CALLS: goCalls,
    INSTALLER_CALLS: installerCalls,
  };
  const progress: EngineProgress[] = [];
  const lines = (file: string): string[] =>
    existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  const self = {
    folder,
    release,
    progress,
    /** Puts an executable on the PATH. */
    has: (name: string, script: string) => writeExecutable(join(bin, name), script),
    setInstaller: (script: string) =>
      writeFileSync(
        join(folder, "installer.cjs"),
        `require("node:fs").appendFileSync(process.env.INSTALLER_CALLS, "called\\n");${script}`,
      ),
    find: (more: { signal?: AbortSignal; stallTime?: number; env?: NodeJS.ProcessEnv } = {}) =>
      findEngine({
        report: (report) => progress.push(report),
        installer: [process.execPath, join(folder, "installer.cjs")],
        ...more,
        env: { ...env, ...more.env },
      }),
    goCalls: () =>
      lines(goCalls).map((line) => JSON.parse(line) as { args: string[]; cgo: string; sumdb?: string }),
    installerCalls: () => lines(installerCalls).length,
    forgetEngines: () => {
      for (const name of ["built", "installed"]) {
        rmSync(join(release, name), { recursive: true, force: true });
      }
    },
  };
  self.setInstaller(`console.error("getaddrinfo ENOTFOUND"); process.exitCode = 1;`);
  return self;
}

const INSTALLS = `
  const fs = require("node:fs"), path = require("node:path");
  const [root, version] = process.argv.slice(2);
  fs.mkdirSync(path.join(root, "bin"), { recursive: true });
  const script = "#!" + process.execPath + "\\nconsole.log('v" + version + "')";
  for (const name of ["pulumi", "pulumi-language-nodejs"])
    fs.writeFileSync(path.join(root, "bin", name), script, { mode: 0o755 });`;

describe("findEngine", () => {
  it("uses the pulumi on the PATH when it is new enough, and tries nothing else", async () => {
    const user = machine();
    user.has("pulumi", printsVersion("3.245.0"));

    expect(await user.find()).toEqual({
      command: join(user.folder, "bin", "pulumi"),
      version: "3.245.0",
      source: "path",
      languageHost: "attached",
    });
    expect(user.installerCalls()).toBe(0);
  });

  it("sees that an installation brings its own language host", async () => {
    const user = machine();
    user.has("pulumi", printsVersion("3.260.1"));
    user.has("pulumi-language-nodejs", "");

    expect(await user.find()).toMatchObject({ version: "3.260.1", languageHost: "bundled" });
  });

  it("installs the pinned release when the one on the PATH is too old, and keeps it", async () => {
    const user = machine();
    user.has("pulumi", printsVersion("3.244.9"));
    user.setInstaller(INSTALLS);

    const first = await user.find();
    const second = await user.find();

    expect(first).toMatchObject({ version: "3.255.0", source: "installer", languageHost: "bundled" });
    expect(second).toEqual(first);
    expect(user.installerCalls()).toBe(1);
  });

  it("builds with go when the installer fails: static, with the pinned version, checksums verified", async () => {
    const user = machine();
    user.has("go", fakeGo());

    expect(await user.find()).toMatchObject({ version: "3.255.0", source: "go", languageHost: "attached" });

    const build = user.goCalls().find(({ args }) => args[0] === "build");
    expect(build?.args).toContain("-mod=readonly");
    expect(build?.args.join(" ")).toContain("common/version.Version=v3.255.0");
    expect(build?.cgo).toBe("0");
    expect(user.goCalls().map(({ sumdb }) => sumdb)).not.toContain("off");
  });

  it("says what a build is doing", async () => {
    const user = machine();
    user.has("go", fakeGo());
    await user.find();

    const details = user.progress.map(({ step, detail }) => `${step}: ${detail}`);
    expect(details).toContainEqual(
      expect.stringMatching(/^download: .*1 so far, now github.com\/blang\/semver v3.5.1/),
    );
    expect(details).toContainEqual(expect.stringMatching(/^compile: .*1 of at most 2 packages/));
  });

  it("keeps what it has built", async () => {
    const user = machine();
    user.has("go", fakeGo());
    await user.find();
    await user.find();

    expect(user.goCalls().filter(({ args }) => args[0] === "build")).toHaveLength(1);
  });

  it("tries the installer once per machine and release, and again on request", async () => {
    const user = machine();
    user.has("go", fakeGo());
    await user.find();
    user.forgetEngines();
    await user.find();
    expect(user.installerCalls()).toBe(1);

    user.forgetEngines();
    user.setInstaller(INSTALLS);
    const engine = await user.find({ env: { TENANT_EDGE_RETRY_INSTALL: "1" } });
    expect(engine.source).toBe("installer");
  });

  it("ends an installer to which nothing arrives, with all that it has started", async () => {
    const user = machine();
    user.has("go", fakeGo());
    const pidFile = join(user.folder, "pid");
    user.setInstaller(`
      const child = require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
      require("node:fs").writeFileSync(${JSON.stringify(pidFile)}, String(child.pid));
      setInterval(() => {}, 1000);`);

    expect(await user.find({ stallTime: 1_000 })).toMatchObject({ source: "go" });
    await ended(await writtenPid(pidFile));
  });

  it("lets an installer to which something arrives take its time", async () => {
    const user = machine();
    user.setInstaller(`
      const fs = require("node:fs"), path = require("node:path");
      const began = Date.now();
      const timer = setInterval(() => {
        fs.appendFileSync(path.join(process.env.TMPDIR, "download"), "more");
        if (Date.now() - began < 2500) return;
        clearInterval(timer);
        ${INSTALLS.replaceAll("const fs", "const fs2").replace("path = require", "path2 = require")}
      }, 50);`);

    expect(await user.find({ stallTime: 1_200 })).toMatchObject({ source: "installer" });
  });

  it("names all three ways and why each failed when none leads to an engine", async () => {
    const user = machine();
    user.has("pulumi", printsVersion("3.100.0"));

    const failure = await user.find().catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(NoEngineError);
    expect(String(failure)).toMatch(/3\.245\.0 or newer: .*is 3\.100\.0/);
    expect(String(failure)).toMatch(/official installer of release 3\.255\.0: getaddrinfo ENOTFOUND/);
    expect(String(failure)).toMatch(/build with Go: there is no `go` on the PATH/);
  });

  it("does not start a build with a go that is too old for it", async () => {
    const user = machine();
    user.has("go", fakeGo({ version: "go1.24.1" }));

    await expect(user.find()).rejects.toThrow(/go is 1\.24\.1, and the build needs 1\.25\.\d+/);
    expect(user.goCalls().map(({ args }) => args[0])).toEqual(["env"]);
  });

  it("leaves it to a go that may do so to fetch the toolchain it needs", async () => {
    const user = machine();
    user.has("go", fakeGo({ version: "go1.24.1", toolchain: "auto" }));

    expect(await user.find()).toMatchObject({ source: "go" });
  });

  it("reports a failed build with go's own words and keeps nothing of it", async () => {
    const user = machine();
    user.has(
      "go",
      fakeGo({ onBuild: `console.error("verifying module: checksum mismatch"); process.exit(1);` }),
    );

    await expect(user.find()).rejects.toThrow("verifying module: checksum mismatch");
    user.has("go", fakeGo());
    expect(await user.find()).toMatchObject({ source: "go" });
  });

  it("does not keep a build that does not run", async () => {
    const user = machine();
    user.has(
      "go",
      fakeGo({ onBuild: `fs.writeFileSync(args[args.indexOf("-o") + 1], "broken"); process.exit(0);` }),
    );

    await expect(user.find()).rejects.toThrow(NoEngineError);
    await expect(user.find()).rejects.toThrow(NoEngineError);
  });

  it("removes what a killed build left", async () => {
    const user = machine();
    user.has("go", fakeGo());
    const left = join(user.release, "making-of-a-killed-one");
    mkdirSync(left, { recursive: true });
    await user.find();

    expect(readdirSync(user.release).sort()).toEqual(["build.lock.db", "built", "installer-failed.json"]);
  });

  it("ends the build when it is interrupted, and does not hold that against the installer", async () => {
    const user = machine();
    const pidFile = join(user.folder, "pid");
    user.setInstaller(`
      require("node:fs").writeFileSync(${JSON.stringify(pidFile)}, String(process.pid));
      setInterval(() => {}, 1000);`);
    const controller = new AbortController();
    const search = user.find({ signal: controller.signal });
    const pid = await writtenPid(pidFile);
    controller.abort();

    await expect(search).rejects.toThrow("aborted");
    await ended(pid);
    user.setInstaller(INSTALLS);
    expect(await user.find()).toMatchObject({ source: "installer" });
  });

  it("builds once for two commands that start together; the second says for whom it waits", async () => {
    const user = machine();
    user.has("go", fakeGo({ onBuild: "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700);" }));

    const [first, second] = await Promise.all([user.find(), user.find()]);

    expect(second).toEqual(first);
    expect(user.goCalls().filter(({ args }) => args[0] === "build")).toHaveLength(1);
    expect(user.progress).toContainEqual(
      expect.objectContaining({ step: "wait", detail: expect.stringContaining(`process ${process.pid}`) }),
    );
  });
});
