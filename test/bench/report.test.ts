import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Figure, isFailure, isKept, median, Series } from "../../bench/figure.ts";
import { FOLDER, keptReport, pageWithFigures, README } from "../../bench/pages.ts";
import { PART_NAMES } from "../../bench/parts.ts";
import { drawing, PLOTS } from "../../bench/plot.ts";
import { cellsOf, merged, type PartReport, reportText } from "../../bench/report.ts";

const CREATE: Figure = { name: "create 50 tenants", value: 45.26, unit: "s", runs: 3 };
const PART: PartReport = {
  part: "floor",
  title: "Against the floor",
  date: "2026-11-23T01:00:00.000Z",
  machine: "2 x processor",
  seconds: 300,
  figures: [{ ...CREATE, ratio: { value: 1.134, of: "the floor's", bound: 1.2 } }],
};

describe("a figure", () => {
  it.each([
    ["within its bound", { bound: 50 }, true],
    ["over its bound", { bound: 45 }, false],
    ["within the bound of its ratio", { ratio: { value: 1.1, of: "it", bound: 1.2 } }, true],
    ["over the bound of its ratio", { bound: 50, ratio: { value: 1.3, of: "it", bound: 1.2 } }, false],
    ["of which nothing is promised", { ratio: { value: 9, of: "it" } }, undefined],
  ])("%s", (_, more, kept) => {
    expect(isKept({ ...CREATE, ...more })).toBe(kept);
  });

  it("fails the run when calls or memory are too many, never for a time", () => {
    expect(isFailure({ ...CREATE, bound: 1 })).toBe(false);
    expect(isFailure({ ...CREATE, unit: "ms", bound: 1 })).toBe(false);
    expect(isFailure({ ...CREATE, unit: "MB", bound: 1 })).toBe(true);
    expect(isFailure({ ...CREATE, unit: "", bound: 1 })).toBe(true);
    expect(isFailure({ ...CREATE, unit: "", bound: 46 })).toBe(false);
  });

  it("is the median", () => {
    expect(median([9, 1, 5, 2, 7])).toBe(5);
  });

  it("is shown with its ratio and what was promised", () => {
    expect(PART.figures.map(cellsOf)).toEqual([
      ["create 50 tenants", "45.3 s", "3", "1.13 of the floor's", "ratio 1.20", "kept"],
    ]);
    expect(cellsOf({ name: "calls", value: 7, unit: "", bound: 5 })).toEqual([
      "calls",
      "7",
      "",
      "",
      "5",
      "MISSED",
    ]);
  });
});

describe("what is kept", () => {
  it("has the date and the machine of each run", () => {
    const other = { ...PART, part: "naive", title: "Naive", machine: "8 x processor", seconds: 60 };
    const lines = reportText({ parts: [PART, other] }).split("\n");

    expect(lines).toContain("Measured on 2026-11-23: 2 x processor (floor: 5 min).");
    expect(lines).toContain("Measured on 2026-11-23: 8 x processor (naive: 1 min).");
  });

  it("tells how figures grow, what was missed, and what is promised or compared beyond", () => {
    const at = (tenants: number, value: number, series: Series): Figure => ({
      name: `${series} ${tenants}`,
      value,
      unit: "s",
      point: { series, tenants },
    });
    const figures = [
      ...PART.figures,
      at(50, 45.26, Series.Create),
      at(500, 300, Series.Create),
      { ...at(50, 7, Series.NoOp), ratio: { value: 7, of: "an empty program's" } },
      ...[50, 500].map((tenants) => ({ ...at(tenants, 0.0124, Series.StatusOfAll), bound: 0.05 })),
      { ...at(50, 70, Series.Destroy), bound: 60 },
      { name: "start", value: 1, unit: "s", ratio: { value: 0.2, of: "the naive program's" } },
      { name: "start, naive", value: 5, unit: "s" },
    ];

    expect(
      reportText({ parts: [{ ...PART, figures }] })
        .split("\n")
        .slice(2),
    ).toEqual([
      "| tenants | 50 | 500 | at most |",
      "| --- | --: | --: | --: |",
      "| create | 45.3 s | 300 s |  |",
      "| no-op | 7.00 s |  |  |",
      "| destroy | 70.0 s |  | 60.0 s |",
      "| status of all | 12.4 ms | 12.4 ms | 50.0 ms |",
      "",
      "| figure | measured | median of | ratio | at most |  |",
      "| --- | --: | --: | --- | --- | --- |",
      "| Against the floor: create 50 tenants | 45.3 s | 3 | 1.13 of the floor's | ratio 1.20 | kept |",
      "| Against the floor: destroy 50 | 70.0 s |  |  | 60.0 s | MISSED |",
      "| Against the floor: start | 1.00 s |  | 0.20 of the naive program's |  |  |",
    ]);
  });

  it("is what was measured last of each part, in the order of the parts", () => {
    const [first = "", second = ""] = PART_NAMES;
    const old = {
      parts: [
        { ...PART, part: second },
        { ...PART, part: first, seconds: 1 },
      ],
    };

    const { parts } = merged(old, { parts: [{ ...PART, part: first, seconds: 2 }] }, PART_NAMES);

    expect(parts.map(({ part, seconds }) => ({ part, seconds }))).toEqual([
      { part: first, seconds: 2 },
      { part: second, seconds: 300 },
    ]);
  });

  it("is shown between its marks, and nowhere when they are gone", () => {
    const marks = ["<!-- bench: begin (npm run bench -- --write) -->", "<!-- bench: end -->"];
    const page = `before\n\n${marks.join("\nold\n")}\n\nafter\n`;

    const shown = pageWithFigures(page, { parts: [PART] });

    expect(shown).toBe(`before\n\n${marks[0]}\n\n${reportText({ parts: [PART] })}\n\n${marks[1]}\n\nafter\n`);
    expect(() => pageWithFigures("before\n", { parts: [PART] })).toThrow("README.md has to have the lines");
  });
});

describe("a plot", () => {
  const at = (tenants: number, value: number, series: Series = Series.Create): Figure => ({
    ...CREATE,
    value,
    point: { series, tenants },
  });
  const [growth] = PLOTS;
  const draw = (figures: readonly Figure[]) => (growth === undefined ? "" : drawing(growth, figures));

  it("is the same for the same figures, and another one for others", () => {
    const figures = [at(1, 2), at(50, 40), at(500, 300)];

    expect(draw(figures)).toBe(draw(figures));
    expect(draw(figures)).not.toBe(draw([at(1, 2), at(50, 40), at(500, 900)]));
  });

  it("has a line for each quantity that was measured, and the numbers of tenants", () => {
    const text = draw([at(1, 2), at(500, 300), at(1, 1, Series.NoOp), at(500, 90, Series.NoOp)]);

    expect(text).toMatch(/^<svg /);
    for (const label of ["create", "no-op", "seconds", "tenants"]) expect(text).toContain(`>${label}<`);
    expect(text).not.toContain(`>${Series.Refresh}<`);
  });

  it("shows every quantity that can be measured, once", () => {
    const shown = PLOTS.flatMap(({ series }) => series);
    expect(shown.toSorted()).toEqual(Object.values(Series).toSorted());
  });
});

describe("the figures that were kept", () => {
  const kept = keptReport();

  it("are those of every part, and stand in README", () => {
    expect(kept.parts.map(({ part }) => part)).toEqual(PART_NAMES);
    const page = readFileSync(README, "utf8");
    expect(pageWithFigures(page, kept)).toBe(page);
  });

  it.each(PLOTS)("are drawn in $file", (plot) => {
    const figures = kept.parts.flatMap((part) => part.figures);
    expect(readFileSync(new URL(plot.file, FOLDER), "utf8")).toBe(drawing(plot, figures));
  });
});
