import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { readmeWithReference, schemaText } from "../../scripts/generate.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

it("the JSON Schema for editors is what the schema gives (npm run generate)", () => {
  expect(read("config/stack.schema.json")).toBe(schemaText());
});

it("the configuration reference in README is what the schema gives (npm run generate)", () => {
  const readme = read("README.md");
  expect(readmeWithReference(readme)).toBe(readme);
});

it.each(["staging", "prod"])("the stack file of %s tells editors where the JSON Schema is", (stack) => {
  expect(read(`Pulumi.${stack}.yaml`)).toMatch(
    /^# yaml-language-server: \$schema=\.\/config\/stack\.schema\.json\n/,
  );
});
