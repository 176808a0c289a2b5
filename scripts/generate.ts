/** Writes what is made from the configuration's schema: the JSON Schema for editors and the reference in docs. */
import { readFileSync, writeFileSync } from "node:fs";
import { configReference } from "../config/reference.ts";
import { stackFileSchema } from "../config/stackFileSchema.ts";

const REFERENCE = new URL("../docs/configuration.md", import.meta.url);
const SCHEMA = new URL("../config/stack.schema.json", import.meta.url);

const BEGIN = "<!-- config reference: begin (npm run generate) -->";
const END = "<!-- config reference: end -->";

/** The text of the JSON Schema file. */
export function schemaText(): string {
  return `${JSON.stringify(stackFileSchema(), null, 2)}\n`;
}

/** The page with its reference made anew. Throws when the marks around it are gone. */
export function pageWithReference(page: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) {
    throw new Error(`docs/configuration.md has to have the lines "${BEGIN}" and "${END}"`);
  }
  return `${page.slice(0, begin + BEGIN.length)}\n\n${configReference()}\n\n${page.slice(end)}`;
}

if (import.meta.main) {
  writeFileSync(SCHEMA, schemaText());
  writeFileSync(REFERENCE, pageWithReference(readFileSync(REFERENCE, "utf8")));
}
