/** Prints how many tests passed and failed, from the test runner's own report. */
import { existsSync, readFileSync } from "node:fs";

const REPORT = new URL("../node_modules/.cache/test-results.json", import.meta.url);

if (!existsSync(REPORT)) {
  process.stderr.write("no test was run: installation, format, lint or types failed, see above\n");
  process.exit(1);
}

const report: unknown = JSON.parse(readFileSync(REPORT, "utf8"));
const count = (key: string): number => Number(Reflect.get(report as object, key));
const passed = count("numPassedTests");
const failed = count("numFailedTests");
const skipped = count("numPendingTests");
process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
