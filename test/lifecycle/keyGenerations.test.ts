import fc from "fast-check";
import { expect, it } from "vitest";
import { added, nextGeneration, targetGeneration } from "../../lifecycle/keyGenerations.ts";

const generations = fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
const wish = fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined });

it("a rotation ends with its target as the current key, and no valid key is taken for a new one", () => {
  fc.assert(
    fc.property(generations, wish, (valid, wanted) => {
      const { target } = targetGeneration(valid, wanted);
      fc.pre(target !== undefined);
      const after = added(valid, target);
      expect(after.at(-1)).toBe(target);
      for (const generation of valid) expect(after).toContain(generation);
      expect(new Set(after).size).toBe(after.length);
      expect(after.length).toBeLessThanOrEqual(5);
      // The same wish again goes on with it and adds nothing.
      expect(targetGeneration(after, target)).toEqual({ target });
      expect(added(after, target)).toEqual(after);
    }),
  );
});

it.each([
  ["the next one", [1], undefined, { target: 2 }],
  ["the one of a rotation that has not ended", [1, 2], undefined, { target: 2 }],
  ["the wanted one", [1, 2], 3, { target: 3 }],
  ["the current one, which ends a rotation", [1, 2], 2, { target: 2 }],
  ["none that was passed", [2, 3], 2, { refused: "not-next" }],
  ["none that leaves one out", [2], 4, { refused: "not-next" }],
  ["none beside five", [1, 2, 3, 4, 5], 6, { refused: "too-many" }],
  ["the last one of five", [1, 2, 3, 4, 5], 5, { target: 5 }],
  ["none that is valid already and not the current one", [2, 1], 2, { refused: "not-next" }],
])("a rotation's target is %s", (_, valid, wanted, expected) => {
  expect(targetGeneration(valid, wanted)).toEqual(expected);
});

it("after a revocation comes a number that was never valid", () => {
  fc.assert(
    fc.property(generations, (revoked) => {
      expect(nextGeneration(revoked)).toBeGreaterThan(Math.max(...revoked));
    }),
  );
  expect(nextGeneration([])).toBe(1);
});
