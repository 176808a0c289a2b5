/**
 * `npm run bench`: what the program, the operations and environments of many tenants cost in time, memory and Cloudflare
 * calls, and what visitors notice. Prints a table; fails when a bound of calls or memory is passed.
 *
 * --only stack,floor  some parts;                --repetitions N  of which medians are told (5);
 * --tenants N         in a shard (50);           --shards N       of the largest environment (10);
 * --json              prints JSON;               --write          keeps the figures in docs/bench/ and shows them in README.
 */
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { showEngineProgress } from "../sandbox/commands/showEngineProgress.ts";
import { findEngine } from "../sandbox/engine/findEngine.ts";
import { endOnInterrupt } from "../scripts/endOnInterrupt.ts";
import { machineLine } from "../scripts/machine.ts";
import { isFailure } from "./figure.ts";
import { checkPage, keep } from "./pages.ts";
import { PART_NAMES, type PartName, readPart } from "./parts.ts";
import { type BenchReport, cellsOf, HEAD, type PartReport } from "./report.ts";

const SIZE = { repetitions: "5", tenants: "50", shards: "10" };

const { values } = parseArgs({
  options: {
    only: { type: "string", default: PART_NAMES.join(",") },
    repetitions: { type: "string", default: SIZE.repetitions },
    tenants: { type: "string", default: SIZE.tenants },
    shards: { type: "string", default: SIZE.shards },
    json: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});

const say = (text: string) => process.stderr.write(`${text}\n`);

function refuse(text: string): never {
  say(text);
  process.exit(2);
}

function wholeNumber(option: "repetitions" | "tenants" | "shards"): number {
  const text = values[option];
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  refuse(`--${option} ${text}: give a whole number from 1 on, for example --${option} ${SIZE[option]}`);
}

function chosenParts(text: string): PartName[] {
  const names = text.split(",").map((name) => name.trim());
  const unknown = names.filter((name) => !PART_NAMES.some((known) => known === name));
  if (unknown.length > 0) refuse(`--only ${unknown.join(",")}: there are ${PART_NAMES.join(", ")}`);
  return PART_NAMES.filter((known) => names.includes(known));
}

const [repetitions, tenants, shards] = [
  wholeNumber("repetitions"),
  wholeNumber("tenants"),
  wholeNumber("shards"),
];
const names = chosenParts(values.only);
if (values.write && (values.tenants !== SIZE.tenants || values.shards !== SIZE.shards)) {
  refuse("--write keeps figures of the full size only: leave --tenants and --shards out");
}
if (values.write) checkPage();

endOnInterrupt();
const display = showEngineProgress(process.stderr);
const engine = await findEngine({ report: display.report });
display.close();
const machine = machineLine(engine.version);

const parts: PartReport[] = [];
for (const name of names) {
  const part = await readPart(name);
  const report = (line: string) => say(`${part.title}: ${line}`);
  const start = performance.now();
  const figures = await part.run({ engine, repetitions, tenants, shards, report });
  const seconds = Math.round((performance.now() - start) / 1000);
  report(`done in ${seconds} s`);
  const date = new Date().toISOString();
  const measured = { part: name, title: part.title, date, machine, seconds, figures };
  parts.push(measured);
  // One that breaks off later takes nothing away.
  if (values.write) keep({ parts: [measured] });
}

const found: BenchReport = { parts };
if (values.json) {
  process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
} else {
  const table = new Table({ head: [...HEAD], style: { head: [], border: [] } });
  for (const { title, seconds, figures } of parts) {
    table.push([{ colSpan: HEAD.length, content: `${title} (${seconds} s)` }]);
    for (const figure of figures) table.push(cellsOf(figure));
  }
  process.stdout.write(`${new Date().toISOString().slice(0, 10)}: ${machine}\n${table.toString()}\n`);
}
process.exitCode = parts.some(({ figures }) => figures.some(isFailure)) ? 1 : 0;
