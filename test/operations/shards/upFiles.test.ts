/** What is read of a project's folder before its stacks are brought up. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { ErrorCode, OperationError } from "../../../operations/errors.ts";
import { programDigest } from "../../../operations/shards/up/programDigest.ts";
import { readShards } from "../../../operations/shards/up/readShards.ts";
import { CHECKOUT } from "../../../sandbox/session.ts";
import { shardFolder, stackText } from "../../environment/shardFolder.ts";
import { temporaryFolder } from "../../sandbox/engine/temporaryFolder.ts";

const PROJECT =
  "name: tenant-edge\nruntime: { name: nodejs, options: { typescript: false } }\nmain: index.ts\n";

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

describe("the digest of the program", () => {
  const files = {
    "Pulumi.yaml": PROJECT,
    "index.ts": 'import { a } from "./parts/a.ts";\nimport { thing } from "a-package/leaf.js";\n',
    "parts/a.ts":
      'export const a = await import("./late.ts");\nimport data from "./data.json" with { type: "json" };\n',
    "parts/late.ts": "export const late = 1;\n",
    "parts/data.json": '{"of": 1}\n',
    "node_modules/a-package/package.json": '{"name": "a-package", "version": "1.0.0"}\n',
    "other.ts": "export const nobody = 1;\n",
  };

  it.each([
    ["Pulumi.yaml", `${PROJECT}description: another\n`],
    ["parts/a.ts", "export const a = 2;\n"],
    ["parts/late.ts", "export const late = 2;\n"],
    ["parts/data.json", '{"of": 2}\n'],
    ["node_modules/a-package/package.json", '{"name": "a-package", "version": "1.0.1"}\n'],
  ])("is another one when %s is", async (name, text) => {
    const folder = temporaryFolder();
    write(folder, files);
    const before = await programDigest(folder);
    expect(await programDigest(folder)).toBe(before);
    write(folder, { [name]: text });
    expect(await programDigest(folder)).not.toBe(before);
  });

  it("does not depend on what the program does not import, nor on where it lies", async () => {
    const [folder, moved] = [temporaryFolder(), temporaryFolder()];
    write(folder, files);
    write(moved, { ...files, "other.ts": "export const nobody = 2;\n" });
    expect(await programDigest(moved)).toBe(await programDigest(folder));
  });

  it("cannot be told of a program in another language, or one that is not there", async () => {
    const folder = temporaryFolder();
    write(folder, { "Pulumi.yaml": "name: p\nruntime: python\n" });
    expect(await programDigest(folder)).toBeUndefined();
    write(folder, { "Pulumi.yaml": PROJECT });
    expect(await programDigest(folder)).toBeUndefined();
  });

  it("is told of this repository's program", async () => {
    expect(await programDigest(CHECKOUT)).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("the stack files of an environment", () => {
  const read = (texts: Readonly<Record<string, string>>) => {
    const directory = shardFolder(texts);
    write(directory, { "Pulumi.yaml": PROJECT });
    return readShards({ directory, environment: "staging", env: {} });
  };

  it("are read in natural order", async () => {
    const shards = await read({
      "prod-10": stackText([{ id: "initech" }]),
      "prod-2": stackText([{ id: "globex" }]),
      prod: stackText([{ id: "acme" }]),
    });
    expect(shards.map(({ stack }) => stack)).toEqual(["prod", "prod-2", "prod-10"]);
  });

  it("are refused with all problems of all of them", async () => {
    const error = await read({
      prod: stackText([{ id: "acme" }]),
      "prod-2": stackText([{ id: "acme" }], { network: { stack: "prod-3" } }),
      "prod-3": stackText([{ id: "globex" }], { network: { stack: "prod" } }),
      "prod-4": stackText([{ id: "Initech" }]),
    }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OperationError);
    const { code, message, problems } = error as OperationError;
    expect(code).toBe(ErrorCode.InvalidConfiguration);
    expect(message).toBe("the stack files of the environment staging have 3 problems; nothing was changed");
    expect(problems.map(({ path }) => path)).toEqual([
      "Pulumi.prod-4.yaml: tenant-edge:tenants[0].id",
      "Pulumi.prod-2.yaml: tenant-edge:network.stack",
      "Pulumi.prod-2.yaml: tenant-edge:tenants[0].id",
    ]);
  });

  it("are refused as taken names when each is right by itself", async () => {
    const texts = { prod: stackText([{ id: "acme" }]), "prod-2": stackText([{ id: "acme" }]) };
    await expect(read(texts)).rejects.toMatchObject({ code: ErrorCode.NameTaken });
  });
});
