/** Texts of YAML that came from outside, read within bounds of time and memory. */
import {
  type Document,
  type DocumentOptions,
  isScalar,
  type ParseOptions,
  parseDocument,
  type SchemaOptions,
  visit,
} from "yaml";

/** In characters: several ten thousand tenants. */
const LONGEST_TEXT = 8 * 1024 * 1024;

/** The text is no YAML, or one that takes more time or memory than it should. The message quotes no more than a line of it. */
export class YamlTextError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "YamlTextError";
  }
}

export interface YamlText {
  document: Document;
  /** Plain data, as JSON has it: without cycles. */
  value: unknown;
}

/**
 * One document of YAML or JSON.
 *
 * @throws YamlTextError also for what other readers take: the same key twice in a map, an anchor inside of itself, and
 * aliases that make much out of little (the library's own limit: 100 of one anchor, with those inside it).
 */
export function readYaml(
  text: string,
  options: ParseOptions & DocumentOptions & SchemaOptions = {},
): YamlText {
  if (text.length > LONGEST_TEXT) throw new YamlTextError(`it has more than ${LONGEST_TEXT} characters`);
  // The library compares every key of a map with every other one, which takes minutes for 100,000.
  const document = parseDocument(text, { ...options, uniqueKeys: false, logLevel: "error" });
  const [problem] = document.errors;
  if (problem !== undefined) throw new YamlTextError(problem.message.trimEnd());
  refuseDoubleKeys(document, text);
  const value = plainValue(document);
  refuseCycles(value);
  return { document, value };
}

function refuseDoubleKeys(document: Document, text: string): void {
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) {
          const line = text.slice(0, key.range?.[0] ?? 0).split("\n").length;
          throw new YamlTextError(
            `keys of a map are unique, and ${JSON.stringify(key.value)} is there twice, at line ${line}`,
          );
        }
        seen.add(key.value);
      }
    },
  });
}

function plainValue(document: Document): unknown {
  try {
    return document.toJS();
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    throw new YamlTextError("it has more aliases (*name) than are taken; write their values out");
  }
}

function refuseCycles(value: unknown, above = new Set<object>(), done = new Set<object>()): void {
  if (typeof value !== "object" || value === null || done.has(value)) return;
  if (above.has(value)) throw new YamlTextError("an anchor (&name) has an alias of itself inside");
  above.add(value);
  for (const child of Object.values(value)) refuseCycles(child, above, done);
  above.delete(value);
  done.add(value);
}
