import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { expect, it, onTestFinished } from "vitest";

const CHECKOUT = join(import.meta.dirname, "../..");

/** Runs a script as the program runs: Node itself, not the test runner's modules. */
async function run(script: string): Promise<unknown> {
  const { stdout } = await execa(process.execPath, ["--input-type=module", "-e", script], { cwd: CHECKOUT });
  return JSON.parse(stdout);
}

const LOADED = `Object.keys(createRequire(import.meta.url).cache).some((file) => /\\/(typescript|@npmcli\\/arborist)\\//.test(file))`;

it("keeps the SDK from loading what this program never uses, and gives it to whoever asks", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tenant-edge-lean-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "package.json"), '{ "name": "empty", "version": "1.0.0" }');
  const result = await run(`
    import { createRequire } from "node:module";
    import "./startup/lean.ts";
    import { runtime } from "@pulumi/pulumi";
    const before = ${LOADED};
    // Serializing a function is what the SDK needs the compiler for.
    const serialized = await runtime.serializeFunction(() => 41 + 1);
    // Finding its packages is what the SDK needs npm's resolver for.
    process.chdir(${JSON.stringify(folder)});
    const paths = await runtime.computeCodePaths();
    console.log(JSON.stringify({ before, text: serialized.text.includes("41 + 1"), paths: [...paths.keys()], after: ${LOADED} }));
  `);
  expect(result).toEqual({ before: false, text: true, paths: [], after: true });
});

it("is worth it: without it the SDK loads them at once", async () => {
  const result = await run(`
    import { createRequire } from "node:module";
    import "@pulumi/pulumi";
    console.log(JSON.stringify({ loaded: ${LOADED} }));
  `);
  expect(result).toEqual({ loaded: true });
});

/** Of which the program needs a few modules, and would load thousands by the package's own name. */
const PROVIDERS = "@pulumi/(?:aws|cloudflare|random)";
/** Large, and for other processes than the program's; some are loaded by a run that has use for them. */
const NOT_OF_THE_PROGRAM =
  /\/node_modules\/(?:typescript|@npmcli\/arborist|@aws-sdk|@smithy|cloudflare|commander|hono|@hono)\//;

it("the program loads the modules of its resources, and no package of a provider as a whole", async () => {
  const program = readFileSync(join(CHECKOUT, "index.ts"), "utf8");
  const imports = [...program.matchAll(/"(\.\/[^"]+\.ts)";$/gm)].map(([, path]) => path);
  expect(imports).toContain("./components/tenant.ts");
  const script = `for (const path of ${JSON.stringify(imports)}) await import(path);`;
  const { stderr } = await execa(
    process.execPath,
    ["--import=./test/cli/loadedModules.js", "--input-type=module", "-e", script],
    { cwd: CHECKOUT },
  );
  const loaded = JSON.parse(stderr) as string[];
  expect(loaded.filter((url) => /\/@pulumi\/aws\/ec2\/instance\.js$/.test(url))).toHaveLength(1);
  const whole = new RegExp(`/${PROVIDERS}/(?:[^/]+/)?index\\.js$`);
  expect(loaded.filter((url) => whole.test(url) || NOT_OF_THE_PROGRAM.test(url))).toEqual([]);
});
