import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { lostUpdate, restoreCutState } from "../../../operations/engine/cutStates.ts";

const STATE = ".pulumi/stacks/tenant-edge/staging.json";
const BACKUPS = ".pulumi/backups/tenant-edge/staging";
const CUT = '{"version":3,"checkp';
const HISTORY = ".pulumi/history/tenant-edge/staging";
const LOCK = ".pulumi/locks/organization/tenant-edge/staging/1.json";
/** As the engine writes it. */
const lockOf = (pid: number, host = hostname()) =>
  JSON.stringify({
    ...{ pid, username: userInfo().username, hostname: host },
    timestamp: "2026-11-22T11:00:00.123456789+01:00",
  });
/** Above what Linux gives to a process. */
const NO_PROCESS = 2 ** 22 + 1;

/** Called before the state is read, with the number of the read. */
const reads = vi.hoisted(() => ({ count: 0, before: (_path: string, _count: number): void => undefined }));
vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  return {
    ...real,
    async readFile(path: string, encoding: "utf8") {
      if (path.endsWith("staging.json")) reads.before(path, ++reads.count);
      return await real.readFile(path, encoding);
    },
  };
});

beforeEach(() => {
  Object.assign(reads, { count: 0, before: () => undefined });
});

function backendWith(files: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), "tenant-edge-state-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const all = { ...files, "Pulumi.yaml": "name: tenant-edge\nruntime: nodejs\n" };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const backend = join(folder, ".pulumi");
  return {
    path: (name: string) => join(folder, name),
    read: (name: string) => readFileSync(join(folder, name), "utf8"),
    lost: () => lostUpdate(backend, { directory: folder, stack: "staging" }),
    restore: (stack = "staging") => restoreCutState(backend, { directory: folder, stack }),
  };
}

it("a state that a full disk has cut is restored from the newest whole copy, and the cut one is kept", async () => {
  const newest = `${BACKUPS}/staging.1795374003652986422.json`;
  const { restore, read, path } = backendWith({
    [STATE]: CUT,
    [`${STATE}.bak`]: CUT,
    [`${STATE}.attrs`]: "{}",
    [`${BACKUPS}/staging.1795373932807321973.json`]: '{"version":1}',
    [newest]: '{"version":2}',
  });
  expect(await restore("organization/tenant-edge/staging")).toEqual({
    state: path(STATE),
    copy: path(newest),
  });
  expect(read(STATE)).toBe('{"version":2}');
  expect(read(`${STATE}.cut`)).toBe(CUT);
  expect(existsSync(path(`${STATE}.attrs`))).toBe(false);
  expect(await restore()).toBeUndefined();
});

it.each([
  ["the copy beside the state", "2026-11-22T10:00:01Z", '{"version":3}'],
  ["a backup", "2026-11-22T09:59:59Z", '{"version":2}'],
])("of the copies, the newest is taken: %s", async (_, time, version) => {
  const backup = Date.parse("2026-11-22T10:00:00Z");
  const { restore, read, path } = backendWith({
    [STATE]: CUT,
    [`${STATE}.bak`]: '{"version":3}',
    [`${BACKUPS}/staging.${backup}000000.json`]: '{"version":2}',
  });
  utimesSync(path(`${STATE}.bak`), new Date(time), new Date(time));
  await restore();
  expect(read(STATE)).toBe(version);
});

it.each([
  ["runs", lockOf(process.pid)],
  ["may run on another machine", lockOf(NO_PROCESS, "another")],
  ["is just writing its lock", ""],
])("a state stays as it is while a process has the stack that %s", async (_, lock) => {
  const { restore, read, path } = backendWith({
    ...{ [STATE]: CUT, [`${STATE}.bak`]: '{"version":3}', [LOCK]: lock },
  });
  await expect(restore()).rejects.toMatchObject({
    code: "stack-locked",
    message: expect.stringContaining(path(LOCK)),
  });
  expect(read(STATE)).toBe(CUT);
  expect(existsSync(path(`${STATE}.cut`))).toBe(false);
});

it("a state is restored though a process that is no more had the stack, and one that runs another", async () => {
  const { restore, read } = backendWith({
    ...{ [STATE]: CUT, [`${STATE}.bak`]: '{"version":3}', [LOCK]: lockOf(NO_PROCESS) },
    [LOCK.replace("/staging/", "/prod/")]: lockOf(process.pid),
  });
  await restore();
  expect(read(STATE)).toBe('{"version":3}');
});

it("the copy beside the state is newer than old backups, and without any whole copy nothing is touched", async () => {
  const beside = backendWith({
    [STATE]: CUT,
    [`${STATE}.bak`]: '{"version":3}',
    [`${BACKUPS}/staging.1.json`]: "{}",
  });
  expect(await beside.restore()).toMatchObject({ copy: beside.path(`${STATE}.bak`) });
  expect(beside.read(STATE)).toBe('{"version":3}');
  const none = backendWith({ [STATE]: CUT, [`${STATE}.bak`]: CUT });
  expect(await none.restore()).toBeUndefined();
  expect(none.read(STATE)).toBe(CUT);
});

it("states of other stacks and projects are left as they are, and one that is not there is not cut", async () => {
  const others = [".pulumi/stacks/tenant-edge/prod.json", ".pulumi/stacks/shop/staging.json"];
  const { restore, read } = backendWith(
    Object.fromEntries(
      others.flatMap((name) => [
        [name, CUT],
        [`${name}.bak`, '{"version":1}'],
      ]),
    ),
  );
  expect(await restore()).toBeUndefined();
  expect(others.map(read)).toEqual([CUT, CUT]);
});

it.each([
  "EMFILE",
  "EIO",
  "EACCES",
])("a state that cannot be read for %s is not taken for a cut one", async (code) => {
  const { restore, read, path } = backendWith({
    [STATE]: '{"version":3}',
    [`${STATE}.bak`]: '{"version":2}',
  });
  reads.before = () => {
    throw Object.assign(new Error(code), { code });
  };
  await expect(restore()).rejects.toMatchObject({ code });
  expect(read(STATE)).toBe('{"version":3}');
  expect(existsSync(path(`${STATE}.cut`))).toBe(false);
});

it.each([
  ["before it is locked", 2],
  ["while its copy is made ready", 3],
])("a state that somebody else makes whole %s is left as it is", async (_, count) => {
  const { restore, read, path } = backendWith({ [STATE]: CUT, [`${STATE}.bak`]: '{"version":2}' });
  reads.before = (file, read) => {
    if (read === count) writeFileSync(file, '{"version":4}');
  };
  expect(await restore()).toBeUndefined();
  expect(read(STATE)).toBe('{"version":4}');
  expect([".whole", ".cut"].map((end) => existsSync(path(STATE + end)))).toEqual([false, false]);
});

it("of two at once, one restores it", async () => {
  const { restore, read } = backendWith({ [STATE]: CUT, [`${STATE}.bak`]: '{"version":2}' });
  const restored = await Promise.all([restore(), restore(), restore()]);
  expect(restored.filter((each) => each !== undefined)).toHaveLength(1);
  expect([read(STATE), read(`${STATE}.cut`)]).toEqual(['{"version":2}', CUT]);
});

it("a restored state does not tell of the update after its newest whole backup, until it was restored", async () => {
  // As nanoseconds in a number, this one is less than itself.
  const before = 1_750_000_000_002;
  const cut = Date.now() - 60_000;
  const backup = (time: number) => `${BACKUPS}/staging.${time}000000.json`;
  const { restore, lost } = backendWith({
    [STATE]: CUT,
    [`${STATE}.bak`]: '{"version":2}',
    [backup(before - 1)]: '{"version":1}',
    [backup(before)]: '{"version":2}',
    [backup(cut)]: CUT,
    [backup(cut + 3_600_000)]: '{"version":9}',
  });
  expect(await lost()).toBeUndefined();
  await restore();
  const { from, until } = (await lost()) ?? {};
  expect(from).toEqual(new Date(before - 60_000));
  expect(Math.abs((until?.getTime() ?? 0) - Date.now() - 60_000)).toBeLessThan(30_000);
});

it.each([
  ["an update has succeeded", "update", "succeeded", 60_000, false],
  ["an update has failed", "update", "failed", 60_000, true],
  ["the engine has only looked again", "refresh", "succeeded", 60_000, true],
  ["no update was", "update", "succeeded", -60_000, true],
])("a restored state lacks that no more once everything was made: since, %s", async (_, kind, result, later, isLost) => {
  const { restore, lost } = backendWith({
    [STATE]: CUT,
    [`${BACKUPS}/staging.${Date.now() - 3_600_000}000000.json`]: '{"version":2}',
    [`${HISTORY}/staging-${Date.now() + later}000000.history.json`]: JSON.stringify({ kind, result }),
  });
  await restore();
  expect((await lost()) !== undefined).toBe(isLost);
});

it("nothing is known of the first update of a stack that was cut", async () => {
  const { restore, lost } = backendWith({ [STATE]: CUT, [`${STATE}.bak`]: '{"version":2}' });
  await restore();
  expect(await lost()).toBeUndefined();
});
