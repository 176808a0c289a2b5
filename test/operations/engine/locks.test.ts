import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { lockHolder, removeDeadLocks } from "../../../operations/engine/locks.ts";
import { EngineCommandError } from "../../../operations/engine/pulumiCommand.ts";

/** Above what Linux gives to a process. */
const NO_PROCESS = 2 ** 22 + 1;
const here = { pid: NO_PROCESS, username: userInfo().username, hostname: hostname() };
const TIME = "2026-11-22T11:00:00.123456789+01:00";

interface Holder {
  pid: number;
  username: string;
  hostname: string;
}

/** A backend with a blank in its path, as the engine's own are. */
function backend() {
  const folder = mkdtempSync(join(tmpdir(), "tenant edge-locks-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = (name: string) => join(folder, `${name}.json`);
  return {
    path,
    put(name: string, holder: Holder, timestamp = TIME): void {
      writeFileSync(path(name), JSON.stringify({ ...holder, timestamp }));
      writeFileSync(`${path(name)}.attrs`, "{}");
    },
    isThere: (name: string) => existsSync(path(name)),
    url: (name: string) => `${pathToFileURL(path(name)).href}?no_tmp_dir=true`,
  };
}

/** As the engine says it. @param locks URL and holder of each. */
function locked(...locks: [string, Holder][]): EngineCommandError {
  const lines = locks.map(
    ([url, { username, hostname: host, pid }]) =>
      `\n  ${url}: created by ${username}@${host} (pid ${pid}) at 2026-11-22T11:00:00+01:00`,
  );
  const text = `error: the stack is currently locked by ${locks.length} lock(s).${lines.join("")}\n`;
  return new EngineCommandError("", text, 255);
}

describe("a lock of a process that is no more", () => {
  it("is removed, with what stands beside it", async () => {
    const { put, url, path, isThere } = backend();
    const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
    await once(child, "exit");
    const dead = { ...here, pid: child.pid ?? 0 };
    put("dead", dead);
    expect(await removeDeadLocks(locked([url("dead"), dead]))).toBe(true);
    expect(isThere("dead")).toBe(false);
    expect(existsSync(`${path("dead")}.attrs`)).toBe(false);
  });

  it("is removed by two who saw it, and the lock that the first has by then stays", async () => {
    const { put, url, isThere } = backend();
    put("dead", here);
    const seen = locked([url("dead"), here]);
    expect(await removeDeadLocks(seen)).toBe(true);
    put("fresh", { ...here, pid: process.pid });
    expect(await removeDeadLocks(seen)).toBe(true);
    expect([isThere("dead"), isThere("fresh")]).toEqual([false, true]);
  });

  it("is removed when there are several, and whoever may be alive is waited for", async () => {
    const { put, url, isThere } = backend();
    const alive = { ...here, pid: process.pid };
    put("one", here);
    put("two", here);
    put("alive", alive);
    const all = locked([url("one"), here], [url("alive"), alive], [url("two"), here]);
    expect(lockHolder(all)?.pid).toBe(process.pid);
    expect(await removeDeadLocks(all)).toBe(false);
    expect(["one", "alive", "two"].map(isThere)).toEqual([false, true, false]);
  });

  it.each<[string, Holder, string?]>([
    ["process", { ...here, pid: NO_PROCESS + 1 }],
    ["user", { ...here, username: "somebody" }],
    ["machine", { ...here, hostname: "another" }],
    ["time", here, "2026-11-22T11:00:01+01:00"],
  ])("stays when its file tells of another %s", async (_, holder, time) => {
    const { put, url, isThere } = backend();
    put("lock", holder, time);
    expect(await removeDeadLocks(locked([url("lock"), here]))).toBe(false);
    expect(isThere("lock")).toBe(true);
  });

  it("is no other file that is named like one", async () => {
    const { path, url, isThere } = backend();
    writeFileSync(path("file"), "name: tenant-edge\n");
    expect(await removeDeadLocks(locked([url("file"), here]))).toBe(false);
    expect(isThere("file")).toBe(true);
  });
});

describe("a lock stays", () => {
  it.each<[string, Partial<Holder>]>([
    ["while its process runs", { pid: process.pid }],
    ["of another machine", { hostname: `not-${hostname()}` }],
    ["of another user", { username: `not-${here.username}` }],
  ])("%s", async (_, changes) => {
    const { put, url, isThere } = backend();
    const holder = { ...here, ...changes };
    put("lock", holder);
    expect(await removeDeadLocks(locked([url("lock"), holder]))).toBe(false);
    expect(isThere("lock")).toBe(true);
  });

  it("of a backend that is no folder, or that does not tell who has it", async () => {
    const bucket = "s3://state/.pulumi/locks/organization/tenant-edge/prod/1.json";
    expect(await removeDeadLocks(locked([bucket, here]))).toBe(false);
    const cloud = new EngineCommandError("", "error: [409] Conflict: Another update", 255);
    expect(lockHolder(cloud)).toBeUndefined();
    expect(await removeDeadLocks(cloud)).toBe(false);
  });
});
