/**
 * Breaks what a host depends on, in eight ways, one at a time, and runs the tests that guard it: some of them must
 * fail. All of it happens in copies of the repository.
 *
 * Prints a table, and ends with 1 when a mutation survives. Where a tool is missing, its tests do not run, and the
 * table says so: with CI=true that is a failure too.
 */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative, resolve } from "node:path";
import Table from "cli-table3";
import { execa } from "execa";
import { z } from "zod";
import { type Guards, isPacked, MUTATIONS, type Mutation } from "./mutationList.ts";

const ROOT = resolve(import.meta.dirname, "..");

/** Not copied: what is not the repository's own. */
const LEFT_OUT = new Set([".git", ".sandbox", "node_modules"]);

/** Where vitest's own configuration has the report in CI, whatever the command line says. */
const REPORT = "node_modules/.cache/test-results.json";

/** Copies in which tests run side by side. */
const COPIES = 2;

const Verdict = {
  caught: "caught",
  survived: "SURVIVED",
  /** Its tests fail without it as well, so that they tell nothing. */
  unclear: "UNCLEAR",
  /** Its tests are skipped on this machine: a tool is missing. */
  notRun: "not run",
} as const;
type Verdict = (typeof Verdict)[keyof typeof Verdict];

interface Outcome {
  passed: string[];
  failed: string[];
}

function copyRepository(): string {
  const copy = mkdtempSync(join(tmpdir(), "tenant-edge-mutations-"));
  cpSync(ROOT, copy, { recursive: true, filter: (source) => !LEFT_OUT.has(relative(ROOT, source)) });
  // No link to the folder itself: the test runner keeps files of its own in it.
  const packages = join(copy, "node_modules");
  mkdirSync(packages);
  for (const name of readdirSync(join(ROOT, "node_modules"))) {
    if (!name.startsWith(".")) symlinkSync(join(ROOT, "node_modules", name), join(packages, name));
  }
  return copy;
}

/** Without what a test runner around this program has set. */
function outerEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:VITEST.*|TEST)$/.test(name)),
  );
}

/** As vitest's reporter `json` writes it. */
const testReport = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

async function runTests(copy: string, { files, names }: Guards): Promise<Outcome> {
  const report = join(copy, REPORT);
  rmSync(report, { force: true });
  const vitest = join(copy, "node_modules/vitest/vitest.mjs");
  const { all } = await execa(
    process.execPath,
    [
      vitest,
      "run",
      "--project=unit",
      "--bail=1",
      "--reporter=json",
      `--outputFile=${report}`,
      `--testNamePattern=${names}`,
      ...files,
    ],
    { cwd: copy, all: true, reject: false, env: outerEnvironment(), extendEnv: false },
  );
  try {
    return outcomeOf(readFileSync(report, "utf8"));
  } catch (cause) {
    throw new Error(`the tests in ${files.join(", ")} could not be run:\n${all}`, { cause });
  }
}

function outcomeOf(report: string): Outcome {
  const files = testReport.parse(JSON.parse(report)).testResults;
  const tests = files.flatMap(({ assertionResults }) => assertionResults);
  const of = (wanted: string) =>
    tests.filter(({ status }) => status === wanted).map(({ fullName }) => fullName);
  // A file that cannot be loaded has no tests.
  const unloaded = files.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  );
  return { passed: of("passed"), failed: [...of("failed"), ...unloaded.map(({ name }) => basename(name))] };
}

/** Scripts go to a host packed. */
async function pack(copy: string): Promise<void> {
  await execa(process.execPath, ["scripts/packHostScripts.ts"], { cwd: copy });
}

/** @throws Error when the text to replace does not stand there exactly once. */
function mutated({ name, file, found, replacement }: Mutation, text: string): string {
  const [before, after, ...further] = text.split(found);
  if (before === undefined || after === undefined || further.length > 0) {
    throw new Error(
      `${name}: ${file} has the text to replace ${text.split(found).length - 1} times, and should have it once: ${found}`,
    );
  }
  return before + replacement + after;
}

async function withMutation<T>(copy: string, mutation: Mutation, run: () => Promise<T>): Promise<T> {
  const path = join(copy, mutation.file);
  const original = readFileSync(path, "utf8");
  const packed = join(copy, "host/packedScripts.json");
  const originalPacked = readFileSync(packed);
  writeFileSync(path, mutated(mutation, original));
  try {
    if (isPacked(mutation)) await pack(copy);
    return await run();
  } finally {
    writeFileSync(path, original);
    writeFileSync(packed, originalPacked);
  }
}

interface Result {
  mutation: Mutation;
  verdict: Verdict;
  /** Name of the first test that failed. */
  by: string;
}

async function judge(copy: string, mutation: Mutation): Promise<Result> {
  const without = await runTests(copy, mutation.guards);
  const [failing] = without.failed;
  if (failing !== undefined) return { mutation, verdict: Verdict.unclear, by: failing };
  if (without.passed.length === 0) return { mutation, verdict: Verdict.notRun, by: "" };
  const [by] = (await withMutation(copy, mutation, () => runTests(copy, mutation.guards))).failed;
  return by === undefined
    ? { mutation, verdict: Verdict.survived, by: "" }
    : { mutation, verdict: Verdict.caught, by };
}

async function judgeAll(): Promise<Result[]> {
  for (const mutation of MUTATIONS) mutated(mutation, readFileSync(join(ROOT, mutation.file), "utf8"));
  const queue = [...MUTATIONS];
  const results: Result[] = [];
  const copies = Array.from({ length: COPIES }, copyRepository);
  try {
    const work = async (copy: string) => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        results.push(await judge(copy, next));
      }
    };
    await Promise.all(copies.map(work));
  } finally {
    for (const copy of copies) rmSync(copy, { recursive: true, force: true });
  }
  return results.sort((left, right) => MUTATIONS.indexOf(left.mutation) - MUTATIONS.indexOf(right.mutation));
}

const results = await judgeAll();
const table = new Table({
  head: ["Mutation", "", "Test"],
  style: { head: [], border: [] },
  wordWrap: true,
  colWidths: [60, 14, 70],
});
table.push(...results.map(({ mutation, verdict, by }) => [mutation.name, verdict, by]));
console.log(table.toString());

const inCi = process.env["CI"] === "true";
const good = results.filter(
  ({ verdict }) => verdict === Verdict.caught || (verdict === Verdict.notRun && !inCi),
);
const caught = results.filter(({ verdict }) => verdict === Verdict.caught);
console.log(`${caught.length} of ${results.length} mutations caught`);
if (good.length < results.length) process.exitCode = 1;
