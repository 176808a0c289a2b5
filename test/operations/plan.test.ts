import { describe, expect, it } from "vitest";
import type { Changes } from "../../operations/engine/changes.ts";
import { draft } from "../../operations/engine/draft.ts";
import { entryDifferences, plan } from "../../operations/plan.ts";
import { alone, type FakeStack, fakeStack } from "./fakeContext.ts";

/** The engine's part has its own tests: here it shows what the change would make of the list. */
function changesOf({ context }: FakeStack): Changes {
  const changes = {
    async plan(change: Parameters<Changes["plan"]>[0]) {
      const { entries: before } = await context.list.read();
      const document = draft(before);
      change.edit?.(document, await context.configuration());
      const step = { urn: "u", type: "t", name: "acme-x", tenant: "acme", action: "update" };
      return { steps: [step], before, entries: document.entries() };
    },
  };
  return changes as unknown as Changes;
}

const disabled = { since: "2026-11-01T10:00:00Z", keepUntil: "2026-11-20T10:00:00Z" };

describe("a plan", () => {
  it("shows what the entry would be, what the engine would do, and what comes after", async () => {
    const stack = await fakeStack([alone("acme")]);
    const shown = await plan(
      stack.context,
      changesOf(stack),
      "disable",
      { tenant: "acme", deleteBucket: true },
      {},
    );
    expect(shown.tenant).toBe("acme");
    expect(shown.list.map(({ path, before }) => [path, before])).toEqual([
      ["disabled", "nothing"],
      ["tunnelSecretGeneration", "nothing"],
    ]);
    expect(shown.steps).toEqual([{ tenant: "acme", type: "t", name: "acme-x", action: "update" }]);
    expect(shown.notes.join()).toContain("deletes every object of its bucket");
    expect(stack.brought).toEqual([]);
    expect(stack.entries()).toEqual([alone("acme")]);
  });

  it.each([
    ["enroll", { tenant: "globex" }, "", "nothing"],
    ["rotateKeys", { tenant: "acme" }, "bucket", "nothing"],
    ["rotateTunnel", { tenant: "acme" }, "tunnelSecretGeneration", "nothing"],
    ["remove", { tenant: "acme", purge: true }, "disabled", "nothing"],
    ["enable", { tenant: "out" }, "disabled", expect.stringContaining("2026-11-01")],
    ["enroll", { tenant: "out", reactivate: true }, "disabled", expect.stringContaining("2026-11-01")],
  ] as const)("of %s %j is what it would do", async (operation, input, path, before) => {
    const stack = await fakeStack([alone("acme"), alone("out", { disabled })]);
    const { list } = await plan(stack.context, changesOf(stack), operation, input, {});
    expect(list).toContainEqual({ path, before, after: expect.any(String) });
  });

  it.each([
    ["enroll", { tenant: "acme", bucket: false }, "tenant-differs"],
    ["disable", { tenant: "nobody" }, "tenant-not-found"],
    ["remove", { tenant: "acme" }, "not-allowed-now"],
    ["rotateKeys", { tenant: "acme", to: 7 }, "not-allowed-now"],
  ] as const)("of %s %j is refused as it would be", async (operation, input, code) => {
    const stack = await fakeStack([alone("acme")]);
    await expect(plan(stack.context, changesOf(stack), operation, input, {})).rejects.toMatchObject({ code });
  });

  it("of what concerns the whole stack only looks, even when told to act", async () => {
    const stack = await fakeStack([alone("out", { disabled })]);
    const { notes, list, tenant } = await plan(stack.context, changesOf(stack), "expire", { act: true }, {});
    expect([tenant, list]).toEqual(["", []]);
    expect(notes).toEqual(["remove out, due since 2026-11-20T10:00:00Z"]);
    expect(stack.brought).toEqual([]);
  });
});

describe("the difference of two entries", () => {
  it.each([
    [{ a: 1 }, { a: 1 }, []],
    [{ a: { b: [1] } }, { a: { b: [1, 2] } }, [{ path: "a.b", before: "[1]", after: "[1,2]" }]],
    [
      { a: 1 },
      { b: 1 },
      [
        { path: "a", before: "1", after: "nothing" },
        { path: "b", before: "nothing", after: "1" },
      ],
    ],
    [undefined, { id: "a" }, [{ path: "", before: "nothing", after: '{"id":"a"}' }]],
    [{ id: "a" }, undefined, [{ path: "", before: '{"id":"a"}', after: "nothing" }]],
    [{ a: {} }, { a: [] }, [{ path: "a", before: "{}", after: "[]" }]],
  ])("of %j and %j", (before, after, expected) => {
    expect(entryDifferences(before, after)).toEqual(expected);
  });
});
