import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { FolderStore } from "../../storage/folderStore.ts";
import { differencesOf, renderDifferences } from "../../tenantList/differences.ts";
import { planPull, planPush, type ReconciledLists } from "../../tenantList/reconcile.ts";
import { SharedList } from "../../tenantList/sharedList.ts";
import { StackFileList } from "../../tenantList/stackFileList.ts";
import { temporaryFolder } from "../sandbox/engine/temporaryFolder.ts";

it("shows what differs, by tenant and setting", () => {
  const from = [
    { id: "gone" },
    { id: "same", a: 1, b: { c: [1], d: 2 } },
    { id: "other", displayName: "Old\u001b[31m", bucket: { enabled: true, keyGenerations: [1] }, host: {} },
  ];
  const to = [
    { id: "other", bucket: { enabled: true, keyGenerations: [1, 2] }, host: { instanceType: "t4g.small" } },
    { id: "new", displayName: "New" },
    { b: { d: 2, c: [1] }, a: 1, id: "same" },
  ];
  expect(renderDifferences(differencesOf(from, to))).toBe(
    [
      "- gone",
      "+ new",
      "~ other",
      '    displayName: "Old\\u001b[31m" -> nothing',
      "    bucket.keyGenerations: [1] -> [1,2]",
      '    host.instanceType: nothing -> "t4g.small"',
    ].join("\n"),
  );
  expect(differencesOf(from, [...from].reverse())).toEqual([]);
});

it("shows no value of an app's environment", () => {
  const tenant = (host?: object) => [{ id: "a", ...(host && { host }) }];
  const secret = { environment: { PASSWORD: "hunter2" }, cloudConfig: { runcmd: ["echo hunter2"] } };
  for (const other of [undefined, {}, { environment: {} }, { environment: { PASSWORD: "x" } }]) {
    const text = renderDifferences(differencesOf(tenant(other), tenant(secret)));
    expect(text).toMatch(/host.*: changed/);
    expect(text).not.toContain("hunter2");
  }
});

it("refuses to compare tenants that it cannot tell apart", () => {
  expect(() => differencesOf([{ id: "a" }, { id: "a" }], [])).toThrow(/"a"/);
  expect(() => differencesOf([], [{ displayName: "a" }])).toThrow(/index 0 has no id/);
});

const TEXT = "config:\n  tenant-edge:tenants:\n    # About a.\n    - id: a\n    - id: b\n";

/** A checkout with tenants a and b, and a shared place with nothing in it. */
function start(): ReconciledLists & { file: string; secondCheckout: () => ReconciledLists } {
  const shared = new SharedList(new FolderStore(temporaryFolder()), "prod");
  const checkout = () => {
    const directory = temporaryFolder();
    writeFileSync(join(directory, "Pulumi.prod.yaml"), TEXT);
    return {
      stack: "prod",
      shared,
      checkout: new StackFileList(directory, "prod"),
      records: new FolderStore(join(directory, ".tenant-edge")),
      file: join(directory, "Pulumi.prod.yaml"),
    };
  };
  return { ...checkout(), secondCheckout: checkout };
}

async function push(lists: ReconciledLists, force = false): Promise<string> {
  const plan = await planPush(lists, { force });
  await plan.apply();
  return renderDifferences(plan.differences);
}

async function pull(lists: ReconciledLists): Promise<string> {
  const plan = await planPull(lists);
  await plan.apply();
  return renderDifferences(plan.differences);
}

const ids = async (list: ReconciledLists["checkout"]) => (await list.read()).entries.map(({ id }) => id);

it("makes the shared list from the stack file, once the differences were seen", async () => {
  const lists = start();
  const plan = await planPush(lists, { force: false });
  expect(renderDifferences(plan.differences)).toBe("+ a\n+ b");
  expect(await lists.shared.exists()).toBe(false);
  await plan.apply();
  expect(await ids(lists.shared)).toEqual(["a", "b"]);
  expect(await push(lists)).toBe("");
});

it("pulls what others changed, and keeps the comments of the stack file", async () => {
  const lists = start();
  await push(lists);
  await lists.shared.change((document) => {
    document.remove("b");
    document.put({ id: "a", displayName: "A" });
    document.put({ id: "c" });
  });
  expect(await pull(lists)).toBe('~ a\n    displayName: nothing -> "A"\n- b\n+ c');
  expect(readFileSync(lists.file, "utf8")).toBe(
    "config:\n  tenant-edge:tenants:\n    # About a.\n    - id: a\n      displayName: A\n    - id: c\n",
  );
  await lists.checkout.change((document) => document.put({ id: "d" }));
  expect(await push(lists)).toBe("+ d");
  expect(await ids(lists.shared)).toEqual(["a", "c", "d"]);
});

it("pushes over nobody's changes, unless forced", async () => {
  const lists = start();
  await push(lists);
  await lists.shared.change((document) => document.put({ id: "c" }));
  await expect(push(lists)).rejects.toThrow(
    /prod\.yaml was changed since it was last pulled.*tenant-edge pull/,
  );
  expect(await ids(lists.shared)).toEqual(["a", "b", "c"]);
  expect(await push(lists, true)).toBe("- c");
  expect(await ids(lists.shared)).toEqual(["a", "b"]);
});

it("does not push from a checkout that was never pulled into", async () => {
  const lists = start();
  await push(lists);
  const other = lists.secondCheckout();
  await other.checkout.change((document) => document.remove("a"));
  await expect(push(other)).rejects.toThrow(/changed since it was last pulled/);
  await other.records.write("prod.pulled.json", "<<<<<<< HEAD", undefined);
  await expect(push(other)).rejects.toThrow(/changed since it was last pulled/);
});

it("does nothing when a list was changed after its differences were shown", async () => {
  const lists = start();
  await push(lists);
  await lists.checkout.change((document) => document.put({ id: "mine" }));
  const [toShared, toCheckout] = [await planPush(lists, { force: true }), await planPull(lists)];
  await lists.shared.change((document) => document.put({ id: "theirs" }));
  await expect(toShared.apply()).rejects.toThrow(/changed after its differences were shown/);
  expect(await ids(lists.shared)).toEqual(["a", "b", "theirs"]);
  await lists.checkout.change((document) => document.put({ id: "mine too" }));
  await expect(toCheckout.apply()).rejects.toThrow(/changed after its differences were shown/);
  expect(await ids(lists.checkout)).toEqual(["a", "b", "mine", "mine too"]);
});
