/** Writes what is made from the configuration's schema: the JSON Schema for editors and the reference in docs. */
import { readFileSync, writeFileSync } from "node:fs";
import { configReference } from "../config/reference.ts";
import { stackFileSchema } from "../config/stackFileSchema.ts";
import { withMarkedPart } from "./markedPart.ts";

const REFERENCE = new URL("../docs/configuration.md", import.meta.url);
const SCHEMA = new URL("../config/stack.schema.json", import.meta.url);

const MARKS = { name: "config reference", command: "npm run generate" };

/** The text of the JSON Schema file. */
export function schemaText(): string {
  return `${JSON.stringify(stackFileSchema(), null, 2)}\n`;
}

/** The page with its reference made anew. Throws when the marks around it are gone. */
export function pageWithReference(page: string): string {
  return withMarkedPart(page, "docs/configuration.md", MARKS, configReference());
}

if (import.meta.main) {
  writeFileSync(SCHEMA, schemaText());
  writeFileSync(REFERENCE, pageWithReference(readFileSync(REFERENCE, "utf8")));
}
