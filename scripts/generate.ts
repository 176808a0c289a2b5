/** Writes what is made from the configuration's schema: the JSON Schema for editors and the reference in README. */
import { readFileSync, writeFileSync } from "node:fs";
import { configReference } from "../config/reference.ts";
import { stackFileSchema } from "../config/stackFileSchema.ts";

const README = new URL("../README.md", import.meta.url);
const SCHEMA = new URL("../config/stack.schema.json", import.meta.url);

const BEGIN = "<!-- config reference: begin (npm run generate) -->";
const END = "<!-- config reference: end -->";

/** The text of the JSON Schema file. */
export function schemaText(): string {
  return `${JSON.stringify(stackFileSchema(), null, 2)}\n`;
}

/** README with its reference made anew. Throws when the marks around it are gone. */
export function readmeWithReference(readme: string): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`README.md has to have the lines "${BEGIN}" and "${END}"`);
  return `${readme.slice(0, begin + BEGIN.length)}\n\n${configReference()}\n\n${readme.slice(end)}`;
}

if (import.meta.main) {
  writeFileSync(SCHEMA, schemaText());
  writeFileSync(README, readmeWithReference(readFileSync(README, "utf8")));
}
