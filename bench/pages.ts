/** Where the figures that were kept last are shown. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { withMarkedPart } from "../scripts/markedPart.ts";
import { PART_NAMES } from "./parts.ts";
import { drawing, PLOTS } from "./plot.ts";
import { type BenchReport, merged, reportText } from "./report.ts";

/** The figures, and the plots of their growth. */
export const FOLDER = new URL("../docs/bench/", import.meta.url);
const FIGURES = new URL("figures.json", FOLDER);
export const README = new URL("../README.md", import.meta.url);

const MARKS = { name: "bench", command: "npm run bench -- --write" };

/** README with the table made anew. Throws when the marks around it are gone. */
export function pageWithFigures(page: string, report: BenchReport): string {
  return withMarkedPart(page, "README.md", MARKS, reportText(report));
}

/** Throws when figures could not be shown: to be known before half an hour of measuring, not after. */
export function checkPage(): void {
  pageWithFigures(readFileSync(README, "utf8"), { parts: [] });
}

export function keptReport(): BenchReport {
  return existsSync(FIGURES) ? (JSON.parse(readFileSync(FIGURES, "utf8")) as BenchReport) : { parts: [] };
}

/** Keeps what was measured beside what was kept of other parts, and draws and shows all of it. */
export function keep(measured: BenchReport): void {
  const report = merged(keptReport(), measured, PART_NAMES);
  const figures = report.parts.flatMap((part) => part.figures);
  const page = pageWithFigures(readFileSync(README, "utf8"), report);
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(FIGURES, `${JSON.stringify(report, null, 2)}\n`);
  for (const plot of PLOTS) writeFileSync(new URL(plot.file, FOLDER), drawing(plot, figures));
  writeFileSync(README, page);
}
