import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { tryLock, waitForLock } from "../../../sandbox/fileLock.ts";
import {
  ClaimKind,
  claimFolder,
  FolderInUseError,
  lockFolder,
  runningServer,
} from "../../../sandbox/lock.ts";
import { temporaryFolder } from "./temporaryFolder.ts";

const LOCK_MODULE = pathToFileURL(join(import.meta.dirname, "../../../sandbox/lock.ts")).href;
const ADDRESS = { env: { PULUMI_HOME: "/somewhere" }, urls: { cloudflare: "http://127.0.0.1:1" } };

/** Another process that owns the folder until it is killed. */
async function otherOwner(folder: string, { serves }: { serves: boolean }): Promise<ChildProcess> {
  const script = `
    import { lockFolder } from ${JSON.stringify(LOCK_MODULE)};
    const lock = lockFolder(${JSON.stringify(folder)}, "npm run sandbox -- serve");
    ${serves ? `lock.publish(${JSON.stringify(ADDRESS)});` : ""}
    console.log("owned");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}

describe("the lock of a sandbox folder", () => {
  it("refuses a second command and names the first: process, command and since when", async () => {
    const folder = temporaryFolder();
    const owner = await otherOwner(folder, { serves: false });

    let refusal: unknown;
    try {
      claimFolder(folder, "npm run pulumi -- up");
    } catch (error) {
      refusal = error;
    }

    expect(refusal).toBeInstanceOf(FolderInUseError);
    expect(String(refusal)).toContain(`process ${owner.pid}`);
    expect(String(refusal)).toContain("npm run sandbox -- serve");
    expect(String(refusal)).toMatch(/since \d{4}-\d\d-\d\dT/);
  });

  it("is free at once when its owner is killed", async () => {
    const folder = temporaryFolder();
    await kill(await otherOwner(folder, { serves: false }));

    expect(claimFolder(folder, "npm start").kind).toBe(ClaimKind.Owner);
  });

  it("is free when its owner has released it, and not before", () => {
    const folder = temporaryFolder();
    const first = lockFolder(folder, "first");

    expect(() => lockFolder(folder, "second")).toThrow(FolderInUseError);
    first.release();
    lockFolder(folder, "third").release();
  });

  it("lets a second command use the sandbox that a server has published", async () => {
    const folder = temporaryFolder();
    const owner = await otherOwner(folder, { serves: true });

    const claim = claimFolder(folder, "npm run pulumi -- up");

    expect(claim).toMatchObject({ kind: ClaimKind.Attached, server: { ...ADDRESS, pid: owner.pid } });
    expect(runningServer(folder)).toMatchObject(ADDRESS);
  });

  it("takes what a killed server left for what it is, and removes it", async () => {
    const folder = temporaryFolder();
    await kill(await otherOwner(folder, { serves: true }));
    expect(existsSync(join(folder, "server.json"))).toBe(true);

    expect(runningServer(folder)).toBeUndefined();
    expect(existsSync(join(folder, "server.json"))).toBe(false);
    expect(claimFolder(folder, "npm start").kind).toBe(ClaimKind.Owner);
  });

  it("does not attach to a killed server's address while the next owner is starting", async () => {
    const folder = temporaryFolder();
    await kill(await otherOwner(folder, { serves: true }));
    const next = tryLock(join(folder, "lock.db"), "npm start");
    onTestFinished(() => next?.release());

    expect(() => claimFolder(folder, "npm run pulumi -- up")).toThrow(/in use by `npm start`/);
  });
});

describe("waiting for a lock", () => {
  it("says for whom it waits and goes on when the holder is done", async () => {
    const file = join(temporaryFolder(), "lock.db");
    const first = tryLock(file, "builds the engine");
    const waitedFor: (string | undefined)[] = [];

    const second = await waitForLock(file, "waits", {
      pollInterval: 5,
      onWait: (holder) => {
        waitedFor.push(holder?.command);
        if (waitedFor.length === 2) first?.release();
      },
    });
    second.release();

    expect(waitedFor).toEqual(["builds the engine", "builds the engine"]);
  });

  it("can be given up", async () => {
    const file = join(temporaryFolder(), "lock.db");
    const lock = tryLock(file, "stays");
    onTestFinished(() => lock?.release());
    const controller = new AbortController();

    const waiting = waitForLock(file, "waits", {
      signal: controller.signal,
      onWait: () => controller.abort(),
    });

    await expect(waiting).rejects.toThrow("aborted");
  });
});
