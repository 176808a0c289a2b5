/** What a bench measured, as a file keeps it, as a terminal shows it, and as README does. */
import { type Figure, isKept, pointsOf, Series } from "./figure.ts";

export interface PartReport {
  /** Its name, as `--only` takes it. */
  part: string;
  title: string;
  /** RFC 3339, in UTC: when it was measured. */
  date: string;
  machine: string;
  /** How long it took. */
  seconds: number;
  figures: readonly Figure[];
}

export interface BenchReport {
  parts: readonly PartReport[];
}

export const HEAD = ["figure", "measured", "median of", "ratio", "at most", ""] as const;

/** Seconds below which milliseconds are shown. */
const SHORT = 0.1;

/** Digits behind the point: as many as tell something. */
function shown(value: number, unit: string): string {
  if (unit === "s" && value < SHORT) return shown(value * 1000, "ms");
  const digits = unit === "" && Number.isInteger(value) ? 0 : value < 10 ? 2 : value < 100 ? 1 : 0;
  return `${value.toFixed(digits)} ${unit}`.trimEnd();
}

/** The cells of a row, in the order of HEAD. */
export function cellsOf(figure: Figure): string[] {
  const { name, value, unit, runs = 1, bound, ratio } = figure;
  const most = [
    ...(bound === undefined ? [] : [shown(bound, unit)]),
    ...(ratio?.bound === undefined ? [] : [`ratio ${ratio.bound.toFixed(2)}`]),
  ];
  const kept = isKept(figure);
  return [
    name,
    shown(value, unit),
    runs === 1 ? "" : String(runs),
    ratio === undefined ? "" : `${ratio.value.toFixed(2)} of ${ratio.of}`,
    most.join(", "),
    kept === undefined ? "" : kept ? "kept" : "MISSED",
  ];
}

const tableOf = (rows: readonly (readonly string[])[]): string =>
  rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n");

/** What is promised of a quantity for any number of tenants. */
function commonBound(figures: readonly Figure[], series: Series): number | undefined {
  const bounds = new Set(figures.filter(({ point }) => point?.series === series).map(({ bound }) => bound));
  return bounds.size === 1 ? [...bounds][0] : undefined;
}

/** A quantity per row, a number of tenants per column; of what was not measured for so many, nothing. */
function growthRows(figures: readonly Figure[]): string[][] {
  const units = new Map(
    figures.flatMap(({ point, unit }) => (point === undefined ? [] : [[point.series, unit]])),
  );
  const lines = Object.values(Series).map((series) => ({
    series,
    points: new Map(pointsOf(figures, series)),
  }));
  const measured = lines.filter(({ points }) => points.size > 0);
  const sizes = new Set(measured.flatMap(({ points }) => [...points.keys()]));
  const tenants = [...sizes].sort((one, other) => one - other);
  if (tenants.length === 0) return [];
  return [
    ["tenants", ...tenants.map(String), "at most"],
    ["---", ...tenants.map(() => "--:"), "--:"],
    ...measured.map(({ series, points }) => {
      const values = [...tenants.map((count) => points.get(count)), commonBound(figures, series)];
      return [
        series,
        ...values.map((value) => (value === undefined ? "" : shown(value, units.get(series) ?? ""))),
      ];
    }),
  ];
}

/** What is promised or compared, of all parts, beyond what is told of the growth. */
function otherRows(parts: readonly PartReport[]): string[][] {
  const all = parts.flatMap(({ figures }) => figures);
  const isTold = (figure: Figure) => {
    const kept = isKept(figure);
    if (figure.point === undefined) return kept === undefined && figure.ratio === undefined;
    return kept !== false && (kept === undefined || commonBound(all, figure.point.series) !== undefined);
  };
  const rows = parts.flatMap(({ title, figures }) =>
    figures
      .filter((figure) => !isTold(figure))
      .map((figure) => {
        const [name = "", ...cells] = cellsOf(figure);
        return [`${title}: ${name}`, ...cells];
      }),
  );
  const rule = HEAD.map((_, column) => (column === 0 || column >= 3 ? "---" : "--:"));
  return rows.length === 0 ? [] : [[...HEAD], rule, ...rows];
}

/** As Markdown: when and where it was measured, how it grows, and what else is promised or compared. */
export function reportText({ parts }: BenchReport): string {
  const runs = Map.groupBy(parts, ({ date, machine }) => `Measured on ${date.slice(0, 10)}: ${machine}`);
  const whens = [...runs].map(([when, measured]) => {
    const minutes = Math.max(1, Math.round(measured.reduce((sum, { seconds }) => sum + seconds, 0) / 60));
    return `${when} (${measured.map(({ part }) => part).join(", ")}: ${minutes} min).`;
  });
  const figures = parts.flatMap((part) => part.figures);
  return [whens.join("\n"), tableOf(growthRows(figures)), tableOf(otherRows(parts))]
    .filter((text) => text !== "")
    .join("\n\n");
}

/** What was kept before, with what was measured now in its place. @param order names of all parts. */
export function merged(kept: BenchReport, measured: BenchReport, order: readonly string[]): BenchReport {
  const names = new Set(measured.parts.map(({ part }) => part));
  const parts = [...kept.parts.filter(({ part }) => !names.has(part)), ...measured.parts];
  return { parts: order.flatMap((name) => parts.filter(({ part }) => part === name)) };
}
