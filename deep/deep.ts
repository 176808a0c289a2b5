/**
 * `npm run test:deep`: faults, kills, limits, policies and secrets on the real engine, many more cases than the tests try.
 * Prints one table; fails when something was lost, left behind or shown.
 *
 * --seed N     tries other cases; --cases N  how many, where a part leaves it open; --only faults,kills  some parts;
 * --minutes N  after which no further faults are begun (25);
 * --write      keeps the result in docs/deep-run.json and shows it in README.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import pMap from "p-map";
import { showEngineProgress } from "../sandbox/commands/showEngineProgress.ts";
import { findEngine } from "../sandbox/engine/findEngine.ts";
import { endOnInterrupt } from "../scripts/endOnInterrupt.ts";
import { machineLine } from "../scripts/machine.ts";
import { pageWithDeepRun, README, REPORT_FILE } from "./pages.ts";
import { PART_NAMES, type PartName, readPart } from "./parts.ts";
import { cellsOf, type DeepReport, HEAD, isClean, type ReportRow } from "./report.ts";

const SEED = 20_261_122;
/** After which nothing more is begun that is not needed: on a slow machine, fewer faults are tried. */
const MINUTES = 25;
/** As many as the machine is expected to have cores. */
const AT_ONCE = 2;
/** What CI adds to the counts of its tests. */
const RESULT = new URL("../node_modules/.cache/deep-results.json", import.meta.url);

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(SEED) },
    cases: { type: "string" },
    minutes: { type: "string", default: String(MINUTES) },
    only: { type: "string", default: PART_NAMES.join(",") },
    write: { type: "boolean", default: false },
  },
});

const say = (text: string) => process.stderr.write(`${text}\n`);

function wholeNumber(option: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  say(`--${option} ${text}: give a whole number, for example --${option} 60`);
  process.exit(2);
}

function chosenParts(text: string): PartName[] {
  const names = text.split(",").map((name) => name.trim());
  const unknown = names.filter((name) => !PART_NAMES.some((known) => known === name));
  if (unknown.length > 0) {
    say(`--only ${unknown.join(",")}: there are ${PART_NAMES.join(", ")}`);
    process.exit(2);
  }
  return PART_NAMES.filter((known) => names.includes(known));
}

const seed = wholeNumber("seed", values.seed);
const cases = values.cases === undefined ? undefined : wholeNumber("cases", values.cases);
const minutes = wholeNumber("minutes", values.minutes);
const names = chosenParts(values.only);

endOnInterrupt();
const display = showEngineProgress(process.stderr);
const engine = await findEngine({ report: display.report });
display.close();

const start = performance.now();
const isTimeUp = () => performance.now() - start > minutes * 60_000;
const results = await pMap(
  names,
  async (name) => {
    const part = await readPart(name);
    const began = performance.now();
    const report = (line: string) => say(`${part.title}: ${line}`);
    try {
      const result = await part.run({ engine, seed, cases, isTimeUp, report });
      report(`done in ${Math.round((performance.now() - began) / 1000)} s`);
      return { title: part.title, ...result };
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { title: part.title, rows: [], figures: [], failures: [`${part.title} broke off: ${text}`] };
    }
  },
  { concurrency: AT_ONCE },
);

const rows: ReportRow[] = results.flatMap(({ title, rows }) => rows.map((row) => ({ part: title, ...row })));
const found: DeepReport = {
  date: new Date().toISOString(),
  seed,
  seconds: Math.round((performance.now() - start) / 1000),
  machine: machineLine(engine.version),
  rows,
  figures: results.flatMap(({ figures }) => figures),
  failures: results.flatMap(({ failures }) => failures),
};

const table = new Table({ head: [...HEAD], style: { head: [], border: [] } });
for (const row of rows) table.push(cellsOf(row));
const lines = [
  ...found.failures,
  `${found.machine}, seed ${seed}, ${found.seconds} s`,
  table.toString(),
  ...found.figures,
];
process.stdout.write(`${lines.join("\n")}\n`);

const text = `${JSON.stringify(found, null, 2)}\n`;
mkdirSync(new URL(".", RESULT), { recursive: true });
writeFileSync(RESULT, text);
if (values.write) {
  writeFileSync(REPORT_FILE, text);
  writeFileSync(README, pageWithDeepRun(readFileSync(README, "utf8"), found));
}
process.exitCode = isClean(found) ? 0 : 1;
