import { setImmediate as turn } from "node:timers/promises";
import { expect, it } from "vitest";
import { SharedListing } from "../../leftovers/sharedListing.ts";

it("those who ask while one is under way share the next one, and none gets what was listed before it asked", async () => {
  const listing = new SharedListing<number>();
  const first = Promise.withResolvers<void>();
  let begun = 0;
  const list = async () => {
    begun += 1;
    const own = begun;
    if (own === 1) await first.promise;
    return own;
  };
  const one = listing.get(list);
  await Promise.resolve();
  const later = Array.from({ length: 50 }, () => listing.get(list));
  await turn();
  expect(begun).toBe(1);
  first.resolve();
  expect(await one).toBe(1);
  expect(new Set(await Promise.all(later))).toEqual(new Set([2]));
  expect(await listing.get(list)).toBe(3);
});

it("one that fails does not fail the next", async () => {
  const listing = new SharedListing<string>();
  const failed = listing.get(async () => {
    throw new Error("bad gateway");
  });
  await expect(failed).rejects.toThrow("bad gateway");
  expect(await listing.get(async () => "listed")).toBe("listed");
});
