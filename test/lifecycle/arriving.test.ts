import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arrivingAfter, parseArriving } from "../../lifecycle/arriving.ts";

const ids = fc.subarray(["a", "b", "c", "d"]);

describe("tenants that come from another stack", () => {
  it("are told until a run has made them, and forgotten when no list has them", () => {
    fc.assert(
      fc.property(ids, ids, ids, (told, listed, built) => {
        const run = { announced: [], told, listed: new Set(listed), built: new Set(built) };
        expect(arrivingAfter(run)).toEqual(told.filter((id) => listed.includes(id) && !built.includes(id)));
      }),
    );
  });

  it("are all kept by a run that announces one: the move of another one may be under way", () => {
    const run = { announced: ["b"], told: ["c", "a"], listed: new Set<string>(), built: new Set<string>() };
    expect(arrivingAfter(run)).toEqual(["a", "b", "c"]);
  });

  it("are none where an older program has told nothing, or something else", () => {
    expect([undefined, null, "acme", { acme: true }].map(parseArriving)).toEqual([[], [], [], []]);
    expect(parseArriving(["acme", 7])).toEqual(["acme"]);
  });
});
