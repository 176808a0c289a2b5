import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { beforeAll, describe, expect, it } from "vitest";
import { CHECKOUT, installPackage, packPackage, readManifest } from "./packedPackage.ts";

const TYPESCRIPT = join(CHECKOUT, "node_modules/typescript/bin/tsc");

/** A program that uses what the package promises, and that does not compile when a type of it has come out as `any`. */
const CONSUMER = `
import { Tenant } from "tenant-edge/components/tenant";
import type { TenantArgs } from "tenant-edge/components/tenantArgs";
import { ErrorCode, OperationError, openOperations, type Operations } from "tenant-edge/operations";

export async function enroll(operations: Operations): Promise<string> {
  const { hostname, secretAccessKey } = await operations.enroll({ tenant: "acme" }, { actor: "consumer" });
  const key: string | null = secretAccessKey;
  // @ts-expect-error: it may be null
  const text: string = secretAccessKey;
  // @ts-expect-error: no such field
  await operations.enroll({ tenat: "acme" });
  // @ts-expect-error: no such operation
  await operations.enrol({ tenant: "acme" });
  return [hostname, key, text].join();
}
export const open = (): Promise<Operations> => openOperations({ directory: ".", stack: "staging" });
export const isMissing = (error: unknown): boolean =>
  error instanceof OperationError && error.code === ErrorCode.TenantNotFound;
export const tenant = (args: TenantArgs): Tenant => new Tenant("acme", args);
// @ts-expect-error: arguments are required
new Tenant("acme");
`;

let files: string[];
let consumer: string;

beforeAll(async () => {
  const packed = await packPackage();
  files = packed.files;
  consumer = join(packed.folder, "consumer");
  cpSync(join(CHECKOUT, "examples/enroll-ten"), consumer, {
    recursive: true,
    filter: (source) => !source.endsWith("node_modules"),
  });
  mkdirSync(join(consumer, "src"));
  writeFileSync(join(consumer, "src/consumer.ts"), CONSUMER);
  await installPackage(packed.tarball, consumer, ["@types/node"]);
  return () => rmSync(packed.folder, { recursive: true, force: true });
}, 300_000);

/** Runs a script in the consumer's folder. */
async function evaluate(script: string): Promise<unknown> {
  const { stdout } = await execa(process.execPath, ["--input-type=module", "-e", script], { cwd: consumer });
  return JSON.parse(stdout);
}

describe("the package", () => {
  it("has compiled JavaScript with declarations and what is read at run time, and nothing else", () => {
    expect(files).toEqual(
      expect.arrayContaining([
        "README.md",
        "bin/tenant-edge.js",
        "dist/index.js",
        "dist/operations/index.js",
        "dist/operations/index.d.ts",
        "dist/components/tenant.d.ts",
        "dist/host/packedScripts.json",
      ]),
    );
    const allowed =
      /^(?:package\.json|README\.md|LICENSE|bin\/tenant-edge\.js|docs\/.+|dist\/.+(?:\.js|\.d\.ts|\.json))$/;
    expect(files.filter((file) => !allowed.test(file))).toEqual([]);
    expect(files.filter((file) => /^dist\/(?:sandbox|test|scripts|bench)\//.test(file))).toEqual([]);
  });

  it.each([
    "nodenext",
    "bundler",
  ])("gives a strict program its types, the libraries' declarations checked as well: %s", async (moduleResolution) => {
    const options = [
      ["--moduleResolution", moduleResolution],
      ["--module", moduleResolution === "bundler" ? "esnext" : moduleResolution],
      ["--target", "es2024"],
      ["--types", "node"],
      ["--skipLibCheck", "false"],
    ];
    const { stdout, exitCode } = await execa(
      process.execPath,
      [TYPESCRIPT, "--strict", "--noEmit", ...options.flat(), "src/consumer.ts", "enroll.ts"],
      { cwd: consumer, reject: false },
    );
    expect(stdout).toBe("");
    expect(exitCode).toBe(0);
  }, 120_000);

  it("exports the operations and the components, and nothing that is not promised", async () => {
    const exported = await evaluate(`
      const operations = await import("tenant-edge/operations");
      const { Tenant } = await import("tenant-edge/components/tenant");
      const inside = await import("tenant-edge/dist/config/load.js").catch(({ code }) => code);
      console.log(JSON.stringify({ operations: Object.keys(operations), tenant: typeof Tenant, inside }));
    `);
    expect(exported).toEqual({
      operations: expect.arrayContaining(["ErrorCode", "OperationError", "openOperations"]),
      tenant: "function",
      inside: "ERR_PACKAGE_PATH_NOT_EXPORTED",
    });
  });

  it("imports no package that it does not depend on", () => {
    const { dependencies = {} } = readManifest(CHECKOUT);
    const imported = files
      .filter((file) => /^dist\/.*\.js$/.test(file))
      .flatMap((file) => {
        const text = readFileSync(join(consumer, "node_modules/tenant-edge", file), "utf8");
        return [...text.matchAll(/(?:^(?:import|export|\}) .*?from |^import |\bimport\()"([^".][^"]*)"/gm)];
      })
      .map(([, specifier = ""]) => specifier)
      .filter((specifier) => !specifier.startsWith("node:"))
      .map((specifier) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0]);
    const unknown = imported.filter((name) => !Object.hasOwn(dependencies, name ?? ""));
    expect(imported).toContain("@pulumi/pulumi");
    expect([...new Set(unknown)]).toEqual([]);
  });

  it("starts as lean as in the checkout: the SDK does not load the compiler and npm's resolver", async () => {
    const loaded = await evaluate(`
      import { createRequire } from "node:module";
      await import("./node_modules/tenant-edge/dist/startup/lean.js");
      await import("./node_modules/tenant-edge/dist/components/tenant.js");
      const modules = Object.keys(createRequire(import.meta.url).cache);
      console.log(JSON.stringify(["/@pulumi/pulumi/", "/typescript/", "/@npmcli/arborist/"].map((name) =>
        modules.some((file) => file.replaceAll("\\\\", "/").includes("node_modules" + name)))));
    `);
    expect(loaded).toEqual([true, false, false]);
  });

  it("brings the command along", async () => {
    const command = join(consumer, "node_modules/.bin/tenant-edge");
    const { stdout } = await execa(command, ["--help"], { cwd: consumer, preferLocal: true });
    expect(stdout).toContain("Usage: tenant-edge");
    expect(stdout).toContain("enroll");
  });
});
