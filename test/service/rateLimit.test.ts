import { expect, it } from "vitest";
import { RateLimit } from "../../service/auth/rateLimit.ts";

function limitOf(count: number) {
  const clock = { now: 0 };
  const limit = new RateLimit({ count, windowSeconds: 60 }, () => new Date(clock.now));
  return { clock, take: (key: string) => limit.take(key) };
}

it("lets so many pass in a window, and says when the next may", () => {
  const { clock, take } = limitOf(2);
  expect([take("a"), take("a"), take("a"), take("b")]).toEqual([0, 0, 60, 0]);
  clock.now = 59_500;
  expect(take("a")).toBe(1);
  clock.now = 60_000;
  expect([take("a"), take("a"), take("a")]).toEqual([0, 0, 60]);
});

it("remembers a bounded number of keys: those that began last", () => {
  const { take } = limitOf(1);
  take("first");
  for (let other = 0; other < 9_999; other++) take(`other ${other}`);
  expect(take("first")).toBeGreaterThan(0);
  take("one more");
  expect([take("other 0"), take("first")]).toEqual([60, 0]);
});
