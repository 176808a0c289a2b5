/** The last line of a run in CI: how many tests passed, or that none was run. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { expect, it, onTestFinished } from "vitest";

/** Runs the counts in a checkout whose test runner and deep run left these reports, or none. */
async function counts(report?: object, deep?: object) {
  const folder = mkdtempSync(join(tmpdir(), "tenant-edge-counts-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const cache = join(folder, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  cpSync(join(import.meta.dirname, "../../.ci/counts.ts"), join(folder, ".ci/counts.ts"));
  if (report !== undefined) writeFileSync(join(cache, "test-results.json"), JSON.stringify(report));
  if (deep !== undefined) writeFileSync(join(cache, "deep-results.json"), JSON.stringify(deep));
  return await execa(process.execPath, [join(folder, ".ci/counts.ts")], { reject: false });
}

it.each([
  [{ numPassedTests: 7, numFailedTests: 0, numPendingTests: 0 }, "7 passed, 0 failed", 0],
  [{ numPassedTests: 7, numFailedTests: 0, numPendingTests: 2 }, "7 passed, 0 failed, 2 skipped", 0],
  [{ numPassedTests: 7, numFailedTests: 1, numPendingTests: 0 }, "7 passed, 1 failed", 1],
  [{ numPassedTests: 0, numFailedTests: 0, numPendingTests: 0 }, "0 passed, 0 failed", 1],
])("counts %o", async (report, line, code) => {
  expect(await counts(report)).toMatchObject({ stdout: line, exitCode: code });
});

it.each([
  [{ rows: [{ cases: 5, survived: 5 }], failures: [] }, "12 passed, 0 failed", 0],
  [{ rows: [{ cases: 5, survived: 3 }], failures: ["one", "two"] }, "10 passed, 2 failed", 1],
  [{ rows: [], failures: ["a part broke off"] }, "7 passed, 1 failed", 1],
])("adds the cases of the deep run: %o", async (deep, line, code) => {
  const tests = { numPassedTests: 7, numFailedTests: 0, numPendingTests: 0 };
  expect(await counts(tests, deep)).toMatchObject({ stdout: line, exitCode: code });
});

it("says in one line that no test was run", async () => {
  const { stdout, stderr, exitCode } = await counts();
  expect(stdout).toBe("");
  expect(stderr).toMatch(/^no test was run: .*$/);
  expect(exitCode).toBe(1);
});
