import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { openSharedList, openTenantList } from "../../tenantList/openTenantList.ts";
import { type TenantList, TenantListError } from "../../tenantList/tenantList.ts";
import { temporaryFolder } from "../sandbox/engine/temporaryFolder.ts";
import { startObjects } from "../storage/stores.ts";

const ENROLL = fileURLToPath(new URL("enroll.ts", import.meta.url));
const STACK_FILE = "config:\n  # All of them.\n  tenant-edge:tenants: []\n  x: 1\n";

/** A list without tenants, and a second way to it. */
const LISTS: Record<string, () => Promise<[TenantList, TenantList]>> = {
  "a stack file": async () => {
    const directory = temporaryFolder();
    writeFileSync(join(directory, "Pulumi.prod.yaml"), STACK_FILE);
    const place = { directory, stack: "prod", env: {} };
    return [await openTenantList(place), await openTenantList({ ...place, stack: "acme/edge/prod" })];
  },
  "a shared folder": async () => {
    const place = { directory: "/nowhere", stack: "prod", tenantList: temporaryFolder(), env: {} };
    await (await openSharedList(place)).create();
    return [await openTenantList(place), await openTenantList(place)];
  },
  "a bucket": async () => {
    const { url, env } = await startObjects();
    const place = { directory: "/nowhere", stack: "prod", tenantList: url, env };
    await (await openSharedList(place)).create();
    return [await openTenantList(place), await openTenantList(place)];
  },
};

describe.each(Object.entries(LISTS))("the list in %s", (_, open) => {
  it("is changed for everybody, with another version", async () => {
    const [list, other] = await open();
    const before = await other.read();
    expect(before.entries).toEqual([]);
    const after = await list.change((document) => document.put({ id: "acme", bucket: { enabled: false } }));
    expect(after.entries).toEqual([{ id: "acme", bucket: { enabled: false } }]);
    expect(after.version).not.toBe(before.version);
    expect(await other.read()).toEqual(after);
  });

  it("loses no change of writers at once", async () => {
    const [list, other] = await open();
    const ids = Array.from({ length: 12 }, (_, n) => `t${n}`);
    const writes = ids.map((id, n) => (n % 2 ? list : other).change((document) => document.put({ id })));
    await Promise.all(writes);
    const { entries } = await list.read();
    expect(entries.map(({ id }) => id).sort()).toEqual(ids.sort());
  });

  it("keeps its version when an edit changes nothing, and is not written when it fails", async () => {
    const [list] = await open();
    const before = await list.change((document) => document.put({ id: "acme" }));
    expect(await list.change((document) => document.put({ id: "acme" }))).toEqual(before);
    const failing = list.change((document) => {
      document.remove("acme");
      throw new RangeError("no");
    });
    await expect(failing).rejects.toThrow(RangeError);
    expect(await list.read()).toEqual(before);
  });
});

it("is a stack file that several processes change, and that keeps its other lines", async () => {
  const directory = temporaryFolder();
  const file = join(directory, "Pulumi.prod.yaml");
  writeFileSync(file, STACK_FILE);
  await Promise.all(["a", "b", "c"].map((name) => execa(process.execPath, [ENROLL, directory, name, "8"])));
  const list = await openTenantList({ directory, stack: "prod", env: {} });
  expect((await list.read()).entries).toHaveLength(24);
  const text = readFileSync(file, "utf8");
  expect(text.startsWith("config:\n  # All of them.\n  tenant-edge:tenants:\n    - id: ")).toBe(true);
  expect(text.endsWith("\n  x: 1\n")).toBe(true);
  expect(readdirSync(directory)).toEqual(["Pulumi.prod.yaml"]);
});

it("is a stack file that keeps its mode, and stays a link", async () => {
  const directory = temporaryFolder();
  const real = join(directory, "elsewhere", "prod.yaml");
  mkdirSync(join(directory, "elsewhere"));
  writeFileSync(real, STACK_FILE);
  chmodSync(real, 0o640);
  symlinkSync(real, join(directory, "Pulumi.prod.yaml"));
  const list = await openTenantList({ directory, stack: "prod", env: {} });
  await list.change((document) => document.put({ id: "acme" }));
  expect(lstatSync(join(directory, "Pulumi.prod.yaml")).isSymbolicLink()).toBe(true);
  expect(statSync(real).mode & 0o777).toBe(0o640);
  expect(readFileSync(real, "utf8")).toContain("- id: acme");
});

it("is edited again when a program without the lock wrote the file in between", async () => {
  const directory = temporaryFolder();
  const file = join(directory, "Pulumi.prod.yaml");
  writeFileSync(file, STACK_FILE);
  const list = await openTenantList({ directory, stack: "prod", env: {} });
  let edits = 0;
  await list.change((document) => {
    edits += 1;
    if (edits === 1) writeFileSync(file, STACK_FILE.replace("x: 1", "x: 2"));
    document.put({ id: "acme" });
  });
  const text = readFileSync(file, "utf8");
  expect(text).toContain("x: 2");
  expect(text).toContain("- id: acme");
});

it("says which file is missing or broken, and which name is none", async () => {
  const directory = temporaryFolder();
  const list = await openTenantList({ directory, stack: "prod", env: {} });
  await expect(list.read()).rejects.toThrow(/Pulumi\.prod\.yaml could not be read \(ENOENT\)/);
  await expect(list.change(() => undefined)).rejects.toThrow(TenantListError);
  writeFileSync(join(directory, "Pulumi.prod.yaml"), "config: [\n");
  await expect(list.read()).rejects.toThrow(/^Pulumi\.prod\.yaml .*line/);
  await expect(openTenantList({ directory, stack: "a/../../x y", env: {} })).rejects.toThrow(
    /no name of a stack/,
  );
});

it("is no empty list when the shared one is missing", async () => {
  const place = { directory: "/nowhere", stack: "prod", tenantList: temporaryFolder(), env: {} };
  const list = await openTenantList(place);
  await expect(list.read()).rejects.toThrow(/no shared list at .*prod\.yaml.*tenant-edge push/);
  await expect(list.change((document) => document.put({ id: "acme" }))).rejects.toThrow(/no shared list/);
});
