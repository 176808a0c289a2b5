/** `bin/tenant-edge.js` as a process: in a checkout, in an installed package, and on an older Node. */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { expect, it, onTestFinished } from "vitest";

const BIN = join(import.meta.dirname, "../../bin/tenant-edge.js");

function run(file: string, args: readonly string[], nodeArgs: readonly string[] = []) {
  const env = { ...process.env, TENANT_EDGE_STACK: "" };
  return execa(process.execPath, [...nodeArgs, file, ...args], { reject: false, env, extendEnv: false });
}

/** A package with the file and what the test puts beside it. */
function packageFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "tenant-edge-bin-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "bin"));
  copyFileSync(BIN, join(folder, "bin/tenant-edge.js"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  return folder;
}

function main(folder: string, file: string, text: string): void {
  mkdirSync(join(folder, file, ".."), { recursive: true });
  writeFileSync(join(folder, file), text);
}

it("is an executable that ends with the command's exit code", async () => {
  expect(statSync(BIN).mode & 0o111).toBe(0o111);
  const help = await run(BIN, ["--version"]);
  expect(help).toMatchObject({ exitCode: 0, stderr: "" });
  expect(help.stdout).toMatch(/^\d+\.\d+\.\d+$/);
  const wrong = await run(BIN, ["list", "--json"]);
  expect(wrong.exitCode).toBe(2);
  expect(JSON.parse(wrong.stdout)).toMatchObject({ error: { code: "invalid-input" } });
});

it("runs the compiled command of an installed package", async () => {
  const folder = packageFolder();
  main(folder, "dist/cli/main.js", "console.log(process.argv.slice(2).join()); process.exitCode = 4;");
  expect(await run(join(folder, "bin/tenant-edge.js"), ["a", "b"])).toMatchObject({
    stdout: "a,b",
    exitCode: 4,
  });
});

it("hands over to the project's Node where the user's is too old, or says what to do", async () => {
  const folder = packageFolder();
  main(folder, "cli/main.ts", "console.log(process.argv.slice(2).join() as string); process.exitCode = 3;");
  // The process that starts looks like an older one; the one that it starts does not.
  main(folder, "old.cjs", "Object.defineProperty(process.versions, 'node', { value: '20.11.0' });");
  const old = ["--require", join(folder, "old.cjs")];
  const file = join(folder, "bin/tenant-edge.js");
  const without = await run(file, [], old);
  expect(without.exitCode).toBe(6);
  expect(without.stderr).toContain("Node 20.11.0 is too old");
  mkdirSync(join(folder, "node_modules/.bin"), { recursive: true });
  symlinkSync(process.execPath, join(folder, "node_modules/.bin/node"));
  expect(await run(file, ["a", "b"], old)).toMatchObject({ stdout: "a,b", exitCode: 3 });
});
