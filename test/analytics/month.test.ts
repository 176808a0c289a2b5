import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { monthOf, monthRange, windows } from "../../analytics/month.ts";
import { OperationClass, operationClass } from "../../analytics/operationClass.ts";

const NOW = new Date("2026-11-22T12:34:56.789Z");

describe("a month", () => {
  it("is whole when it is over, goes until now when it is not, and is none before it begins", () => {
    expect(monthOf(NOW)).toBe("2026-11");
    const of = (month: string) => {
      const range = monthRange(month, NOW);
      return range && [range.from.toISOString(), range.to.toISOString()];
    };
    expect(of("2026-10")).toEqual(["2026-10-01T00:00:00.000Z", "2026-11-01T00:00:00.000Z"]);
    expect(of("2025-12")).toEqual(["2025-12-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z"]);
    expect(of("2026-11")).toEqual(["2026-11-01T00:00:00.000Z", NOW.toISOString()]);
    expect(of("2026-12")).toBeUndefined();
  });

  it("is cut into pieces without gap or overlap, none of them too long", () => {
    const times = fc.integer({ min: 0, max: 40 * 86_400_000 });
    fc.assert(
      fc.property(times, fc.integer({ min: 3600, max: 10_000_000 }), (length, longest) => {
        const range = { from: NOW, to: new Date(NOW.getTime() + length) };
        const pieces = windows(range, longest);
        const edges = pieces.flatMap(({ from, to }) => [from.getTime(), to.getTime()]);
        const expected =
          length === 0 ? [] : [range.from.getTime(), ...edges.slice(1, -1), range.to.getTime()];
        expect(edges).toEqual(expected);
        for (const [index, { from, to }] of pieces.entries()) {
          expect(to.getTime() - from.getTime()).toBeLessThanOrEqual(longest * 1000);
          expect(from).toEqual(pieces[index - 1]?.to ?? range.from);
        }
      }),
    );
  });
});

describe("the class of an operation", () => {
  it("is the one on the price list, and the dearer one when it is not on it", () => {
    const classes = {
      PutObject: "A",
      ListObjects: "A",
      UploadPart: "A",
      GetObject: "B",
      HeadBucket: "B",
      Unheard: "A",
    };
    for (const [operation, expected] of Object.entries(classes))
      expect(operationClass(operation)).toBe(expected);
    for (const operation of ["DeleteObject", "DeleteObjects", "DeleteBucket", "AbortMultipartUpload"]) {
      expect(operationClass(operation)).toBe(OperationClass.Free);
    }
  });
});
