/** The program on the library's page, against the library's types. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { expect, it, onTestFinished } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
/** Inside the project: the compiler looks for packages from there. */
const CACHE = join(ROOT, "node_modules/.cache");

it("compiles", async () => {
  const programs = [
    ...readFileSync(join(ROOT, "docs/library.md"), "utf8").matchAll(/^```ts\n([\s\S]*?)^```/gm),
  ];
  expect(programs).toHaveLength(1);
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, "library-page-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "program.ts"), programs[0]?.[1] ?? "");
  const compilerOptions = {
    incremental: false,
    paths: { "tenant-edge/operations": [join(ROOT, "operations/index.ts")] },
  };
  const settings = {
    extends: join(ROOT, "tsconfig.json"),
    compilerOptions,
    include: [],
    files: ["program.ts"],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings));
  const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
  const { stdout } = await execa(process.execPath, [compiler, "--project", folder], { reject: false });
  // Mistakes of the library itself are found elsewhere.
  expect(stdout.split("\n").filter((line) => line.includes("program.ts"))).toEqual([]);
}, 120_000);
