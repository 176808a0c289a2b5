import { describe, expect, it } from "vitest";
import {
  ABSENT,
  type DocumentStore,
  StorageError,
  updateDocument,
  VersionConflictError,
} from "../../storage/documentStore.ts";
import { STORES } from "./stores.ts";

describe.each(Object.entries(STORES))("documents in %s", (_, open) => {
  it("are what was written, by whichever way", async () => {
    const [store, other] = await open();
    const version = await store.write("a/b.json", "größer\r\n", ABSENT);
    expect(await other.read("a/b.json")).toEqual({ text: "größer\r\n", version });
    expect(await other.read("a/c.json")).toBeUndefined();
  });

  it("are replaced only when they are the expected ones", async () => {
    const [store, other] = await open();
    const first = await store.write("list.yaml", "1", ABSENT);
    await expect(other.write("list.yaml", "2", ABSENT)).rejects.toThrow(VersionConflictError);
    const second = await other.write("list.yaml", "2", first);
    expect(second).not.toBe(first);
    await expect(store.write("list.yaml", "3", first)).rejects.toThrow(VersionConflictError);
    await expect(store.write("none.yaml", "3", first)).rejects.toThrow(VersionConflictError);
    expect((await store.read("list.yaml"))?.text).toBe("2");
    await store.write("list.yaml", "4", undefined);
    expect((await store.read("list.yaml"))?.text).toBe("4");
  });

  it("are made by one of those who make them at once", async () => {
    const [store, other] = await open();
    const writes = [store, other, store, other].map((each, n) => each.write("once", `${n}`, ABSENT));
    const outcomes = await Promise.allSettled(writes);
    const winners = outcomes.flatMap(({ status }, n) => (status === "fulfilled" ? [`${n}`] : []));
    expect(winners).toEqual([(await store.read("once"))?.text]);
  });

  it("are deleted, also when they are not there", async () => {
    const [store] = await open();
    await store.write("gone", "x", ABSENT);
    await store.delete("gone");
    await store.delete("gone");
    expect(await store.read("gone")).toBeUndefined();
    await store.write("gone", "again", ABSENT);
  });

  it("are listed by the beginning of their keys, sorted", async () => {
    const [store] = await open();
    expect(await store.list("")).toEqual([]);
    for (const key of ["b/2", "b/10", "a", "b/c/1.json", "bc"]) await store.write(key, "x", undefined);
    expect(await store.list("")).toEqual(["a", "b/10", "b/2", "b/c/1.json", "bc"]);
    expect(await store.list("b/")).toEqual(["b/10", "b/2", "b/c/1.json"]);
    expect(await store.list("b/1")).toEqual(["b/10"]);
    expect(await store.list("none/")).toEqual([]);
  });

  it.each([
    "../x",
    "a/../../x",
    "/etc/x",
    "",
    "a//b",
    ".locks/x",
    "a\\b",
    "a\0",
    "x.123",
    "%2e%2e/x",
  ])("have no key like %j", async (key) => {
    const [store] = await open();
    await expect(store.write(key, "x", undefined)).rejects.toThrow(StorageError);
    await expect(store.read(key)).rejects.toThrow(StorageError);
    await expect(store.delete(key)).rejects.toThrow(StorageError);
  });

  it("lose none of many changes at once", async () => {
    const [store, other] = await open();
    const increments = Array.from({ length: 16 }, (_, n) => increment(n % 2 === 0 ? store : other));
    await Promise.all(increments);
    expect((await store.read("count"))?.text).toBe("16");
  });

  it("are left alone by a change that changes nothing, or fails", async () => {
    const [store] = await open();
    expect(await updateDocument(store, "x", () => undefined)).toBeUndefined();
    const version = await store.write("x", "1", ABSENT);
    expect(await updateDocument(store, "x", (text) => text)).toEqual({ text: "1", version });
    const failure = updateDocument(store, "x", () => {
      throw new RangeError("no");
    });
    await expect(failure).rejects.toThrow(RangeError);
    expect(await store.read("x")).toEqual({ text: "1", version });
  });

  it("are asked for no more once the caller has given up", async () => {
    const [store] = await open();
    const signal = AbortSignal.abort(new Error("given up"));
    await expect(store.read("x", signal)).rejects.toThrow("given up");
    await expect(store.write("x", "1", undefined, signal)).rejects.toThrow("given up");
    await expect(updateDocument(store, "x", () => "1", signal)).rejects.toThrow("given up");
    expect(await store.read("x")).toBeUndefined();
  });
});

function increment(store: DocumentStore): Promise<unknown> {
  return updateDocument(store, "count", (text) => `${Number(text ?? 0) + 1}`);
}
