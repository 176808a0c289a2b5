import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { pageWithDeepRun, README, REPORT_FILE } from "../../deep/pages.ts";
import { type DeepReport, isClean, reportText } from "../../deep/report.ts";

const ROW = { part: "Kills", name: "of the engine", cases: 20, survived: 20, lost: 0, orphans: 0 };
const REPORT: DeepReport = {
  date: "2026-11-22T20:00:00.000Z",
  seed: 7,
  seconds: 600,
  machine: "2 x processor",
  rows: [ROW],
  figures: ["500 tenants: 1.02 times the best"],
  failures: [],
};

it("shows a run with its date, seed, rows and figures", () => {
  expect(reportText(REPORT).split("\n")).toEqual([
    "Run on 2026-11-22 with seed 7: 10 minutes on 2 x processor.",
    "",
    "|  | cases | survived | lost | orphans | canaries |",
    "| --- | --: | --: | --: | --: | --: |",
    "| Kills: of the engine | 20 | 20 | 0 | 0 |  |",
    "",
    "- 500 tenants: 1.02 times the best",
  ]);
});

it.each([
  ["nothing was lost", {}, true],
  ["a case did not survive", { survived: 19 }, false],
  ["something was lost", { lost: 1 }, false],
  ["something was left behind", { orphans: 1 }, false],
  ["a secret was shown", { canaries: 1 }, false],
  ["nothing was tried", { cases: 0, survived: 0 }, false],
])("is clean or not when %s", (_, changed, clean) => {
  expect(isClean({ rows: [{ ...ROW, ...changed }], failures: [] })).toBe(clean);
});

it("is not clean when a part broke off", () => {
  expect(isClean({ rows: [ROW], failures: ["Faults broke off"] })).toBe(false);
});

it("README has a place for it", () => {
  const page = readFileSync(README, "utf8");
  expect(pageWithDeepRun(page, REPORT)).toContain(reportText(REPORT));
});

it("README shows the run that was kept, which is a clean one", () => {
  const kept: DeepReport = JSON.parse(readFileSync(REPORT_FILE, "utf8"));
  expect(isClean(kept)).toBe(true);
  expect(readFileSync(README, "utf8")).toContain(reportText(kept));
});
