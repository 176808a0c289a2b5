/** Prints how many tests and cases of the deep run passed and failed, from their own reports. */
import { existsSync, readFileSync } from "node:fs";

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

function read(name: string): object | undefined {
  const file = new URL(`../node_modules/.cache/${name}.json`, import.meta.url);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as object) : undefined;
}

const count = (report: object, key: string): number => Number(Reflect.get(report, key));

const tests = read("test-results");
if (tests === undefined) {
  process.stderr.write("no test was run: installation, format, lint or types failed, see above\n");
  process.exit(1);
}
const counts: Counts = {
  passed: count(tests, "numPassedTests"),
  failed: count(tests, "numFailedTests"),
  skipped: count(tests, "numPendingTests"),
};

const deep = read("deep-results") as { rows: object[]; failures: unknown[] } | undefined;
if (deep !== undefined) {
  const survived = deep.rows.reduce((sum, row) => sum + count(row, "survived"), 0);
  const cases = deep.rows.reduce((sum, row) => sum + count(row, "cases"), 0);
  counts.passed += survived;
  // A part that broke off has a failure without a case.
  counts.failed += Math.max(cases - survived, deep.failures.length);
}

const { passed, failed, skipped } = counts;
process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
