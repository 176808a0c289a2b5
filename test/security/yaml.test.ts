/** Texts of YAML that are small, and would be large or slow when they are read. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readYaml, YamlTextError } from "../../config/yamlText.ts";
import { readStackFile } from "../../operations/configuration.ts";
import { OperationError } from "../../operations/errors.ts";
import { parseTokens, TokensError } from "../../service/auth/tokens.ts";
import { SHARED_PATH, STACK_FILE_PATH, TextListDocument } from "../../tenantList/listDocument.ts";
import { TenantListError } from "../../tenantList/tenantList.ts";
import { temporaryFolder } from "../sandbox/engine/temporaryFolder.ts";

const LETTERS = [..."abcdefghij"];
const tenTimes = (make: (former: string) => string) =>
  LETTERS.map(
    (name, index) => `${name}: &${name} ${index === 0 ? "{x: 1}" : make(LETTERS[index - 1] ?? "")}`,
  );
const of = (name: string) => Array(10).fill(`*${name}`).join(", ");

/** Each of a few hundred kilobytes at most. */
const BOMBS: Record<string, string> = {
  "ten lists of ten of each other": tenTimes((former) => `[${of(former)}]`).join("\n"),
  "ten maps merged of ten of each other": tenTimes((former) => `{<<: [${of(former)}]}`).join("\n"),
  "a list that is in itself": "a: &a [*a]",
  "a map that is in itself": "a: &a {b: {c: *a}}",
  "many aliases of one anchor": `a: &a x\nb: [${Array(20_000).fill("*a").join(", ")}]`,
  "lists without end": "[".repeat(100_000),
  "lists in lists": "[".repeat(20_000) + "]".repeat(20_000),
  "entries in entries": `${"- ".repeat(20_000)}x`,
  "a key twice": "a: 1\na: 2",
};

describe.each(Object.entries(BOMBS))("%s", (_, bomb) => {
  it("is refused as a file of tokens", () => {
    expect(() => parseTokens(bomb, "tokens.yaml")).toThrow(TokensError);
  });

  it("is refused as a stack file", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "Pulumi.prod.yaml"), bomb);
    const thrown: unknown = await readStackFile(folder, "prod").catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(OperationError);
    expect((thrown as Error).message).toMatch(/^Pulumi\.prod\.yaml is not valid YAML: /);
    expect((thrown as Error).message.length).toBeLessThan(500);
  });

  it.each([{ path: STACK_FILE_PATH }, { path: SHARED_PATH }])("is refused as a list at $path", ({ path }) => {
    expect(() => new TextListDocument(bomb, path, "the list")).toThrow(TenantListError);
  });
});

it("a map of 100,000 keys is read in a moment: no key is compared with every other one", () => {
  const text = `{${Array.from({ length: 100_000 }, (_, index) => `k${index}: 1`).join(", ")}}`;
  const started = performance.now();
  expect(Object.keys(readYaml(text).value as object)).toHaveLength(100_000);
  expect(performance.now() - started).toBeLessThan(15_000);
}, 60_000);

it("what is larger than any list is not even begun", () => {
  expect(() => readYaml(" ".repeat(8 * 1024 * 1024 + 1))).toThrow(YamlTextError);
});

it("anchors that people use are taken", () => {
  const text = "defaults: &defaults {service: http://localhost:3000}\ntenants: [*defaults, *defaults]\n";
  expect(readYaml(text).value).toMatchObject({ tenants: [{ service: "http://localhost:3000" }, {}] });
});
