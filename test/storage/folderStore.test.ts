import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { expect, it } from "vitest";
import { ABSENT } from "../../storage/documentStore.ts";
import { withFileLock } from "../../storage/fileLock.ts";
import { FolderStore } from "../../storage/folderStore.ts";
import { temporaryFolder } from "../sandbox/engine/temporaryFolder.ts";

const INCREMENT = fileURLToPath(new URL("increment.ts", import.meta.url));

it("loses none of the changes of several processes", async () => {
  const folder = temporaryFolder();
  const increments = [1, 2, 3].map(() => execa(process.execPath, [INCREMENT, folder, "15"]));
  await Promise.all(increments);
  expect((await new FolderStore(folder).read("count"))?.text).toBe("45");
});

it("lets nobody else read it", async () => {
  const folder = join(temporaryFolder(), "new");
  await new FolderStore(folder).write("a/secret", "x", ABSENT);
  const modes = ["", "a", "a/secret"].map((path) => statSync(join(folder, path)).mode & 0o777);
  expect(modes).toEqual([0o700, 0o700, 0o600]);
});

it("leaves no lock and nothing half-written behind, and shows none that a killed process left", async () => {
  const folder = temporaryFolder();
  const store = new FolderStore(folder);
  await store.write("a.json", "1", ABSENT);
  expect(readdirSync(join(folder, ".locks"))).toEqual([]);
  expect(readdirSync(folder).sort()).toEqual([".locks", "a.json"]);
  writeFileSync(join(folder, "a.json.3735928559"), "half");
  expect(await store.list("")).toEqual(["a.json"]);
});

it("takes over the lock of a process that was killed, and waits for that of one that lives", async () => {
  const lockPath = join(temporaryFolder(), "lock");
  mkdirSync(lockPath);
  const seconds = Date.now() / 1000 - 5;
  utimesSync(lockPath, seconds, seconds);
  const order: string[] = [];
  const hold = (name: string) =>
    withFileLock(lockPath, async () => {
      order.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`${name} ends`);
    });
  await Promise.all([hold("one"), hold("other")]);
  expect(order[0]?.split(" ")[0]).toBe(order[1]?.split(" ")[0]);
  expect(order).toHaveLength(4);
});

it("gives the lock back when what it was for fails, and stops waiting when told to", async () => {
  const lockPath = join(temporaryFolder(), "lock");
  await expect(withFileLock(lockPath, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  await withFileLock(lockPath, async () => {
    const waiting = withFileLock(lockPath, async () => "never", AbortSignal.timeout(50));
    await expect(waiting).rejects.toMatchObject({ name: "TimeoutError" });
  });
});

it("says which folder cannot be used", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "file"), "x");
  const store = new FolderStore(join(folder, "file"));
  await expect(store.write("a", "x", undefined)).rejects.toThrow(
    /file.*could not be written \(E(NOTDIR|EXIST)\)/,
  );
  await expect(store.read("a")).rejects.toThrow(/could not be read \(ENOTDIR\)/);
});
