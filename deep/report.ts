/** What a deep run found, as a file keeps it and as README shows it. */
import type { DeepResult, DeepRow } from "./part.ts";

export interface ReportRow extends DeepRow {
  /** Title of the part. */
  part: string;
}

export interface DeepReport extends DeepResult {
  /** RFC 3339, in UTC. */
  date: string;
  seed: number;
  /** Of the whole run. */
  seconds: number;
  machine: string;
  rows: readonly ReportRow[];
}

export const HEAD = ["", "cases", "survived", "lost", "orphans", "canaries"] as const;

/** The cells of a row, in the order of HEAD. */
export function cellsOf({ part, name, cases, survived, lost, orphans, canaries }: ReportRow): string[] {
  const optional = [lost, orphans, canaries].map((value) => (value === undefined ? "" : String(value)));
  return [`${part}: ${name}`, String(cases), String(survived), ...optional];
}

/** True when nothing was lost, left or shown, and every case survived. */
export function isClean({ rows, failures }: Pick<DeepReport, "rows" | "failures">): boolean {
  return (
    failures.length === 0 &&
    rows.every(
      ({ cases, survived, lost = 0, orphans = 0, canaries = 0 }) =>
        cases > 0 && survived === cases && lost + orphans + canaries === 0,
    )
  );
}

/** As Markdown. */
export function reportText({ date, seed, seconds, machine, rows, figures }: DeepReport): string {
  const lines = [HEAD, HEAD.map((_, column) => (column === 0 ? "---" : "--:")), ...rows.map(cellsOf)];
  const table = lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  const when = `Run on ${date.slice(0, 10)} with seed ${seed}: ${Math.round(seconds / 60)} minutes on ${machine}.`;
  return [when, table, figures.map((figure) => `- ${figure}`).join("\n")]
    .filter((text) => text !== "")
    .join("\n\n");
}
