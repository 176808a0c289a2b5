import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { pageWithReference, schemaText } from "../../scripts/generate.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

it("the JSON Schema for editors is what the schema gives (npm run generate)", () => {
  expect(read("config/stack.schema.json")).toBe(schemaText());
});

it("the configuration reference is what the schema gives (npm run generate)", () => {
  const page = read("docs/configuration.md");
  expect(pageWithReference(page)).toBe(page);
});

it.each(["staging", "prod"])("the stack file of %s tells editors where the JSON Schema is", (stack) => {
  expect(read(`Pulumi.${stack}.yaml`)).toMatch(
    /^# yaml-language-server: \$schema=\.\/config\/stack\.schema\.json\n/,
  );
});
