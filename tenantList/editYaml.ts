/** Changes a YAML text so that it says something else, and leaves every line alone that need not change. */
import { isDeepStrictEqual } from "node:util";
import { type Document, isMap, type Node, visit } from "yaml";
import { readYaml, type YamlText, YamlTextError } from "../config/yamlText.ts";
import { editCollection } from "./editBlock.ts";
import { isInline, isRecord, renderLines } from "./renderYaml.ts";
import { EditError, Sheet } from "./sheet.ts";
import { isBlock } from "./yamlItems.ts";

/** @throws EditError that says where the text is no YAML, or that it is several documents. */
export function parseYaml(text: string): YamlText {
  try {
    // Merge keys count, as they do for Pulumi.
    return readYaml(text, { keepSourceTokens: true, merge: true });
  } catch (error) {
    throw error instanceof YamlTextError ? new EditError(error.message) : error;
  }
}

/** The value of a document; an empty one is an empty map. @throws EditError when it is no map. */
export function rootOf({ value }: YamlText): Record<string, unknown> {
  const root = value ?? {};
  if (!isRecord(root))
    throw new EditError(`it holds ${Array.isArray(root) ? "a list" : "a text"}, and no keys`);
  return root;
}

/**
 * @param target plain data, as JSON has it.
 * @returns the text, changed in place.
 * @throws EditError when the text is no YAML, or cannot say that without a change of something else.
 */
export function editYaml(text: string, target: Record<string, unknown>): string {
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const isEnded = text === "" || text.endsWith("\n");
  const whole = isEnded ? text : text + eol;
  const parsed = parseYaml(whole);
  const { document } = parsed;
  const current = rootOf(parsed);
  if (isDeepStrictEqual(current, target)) return text;
  const sheet = new Sheet(whole, indentsLists(document, whole));
  if (isMap(document.contents) && !isInline(current)) {
    editCollection(sheet, document.contents, current, target);
  } else if (document.contents === null || document.contents.srcToken === undefined) {
    sheet.replace(whole.length, whole.length, sheet.lines(renderLines(target, true), 0));
  } else if (document.contents.range) {
    const [start, end] = document.contents.range;
    sheet.replace(start, end, renderLines(target, true).join(sheet.eol));
  }
  const edited = sheet.result();
  verify(edited, target, document);
  return isEnded ? edited : edited.slice(0, -eol.length);
}

/** Reads the edited text again: it has to say what it was to say, and nothing else may have changed with it. */
function verify(edited: string, target: Record<string, unknown>, before: Document): void {
  let result: unknown;
  try {
    result = rootOf(parseYaml(edited));
  } catch {
    // Is not equal, then.
  }
  if (isDeepStrictEqual(result, target)) return;
  throw new EditError(
    hasAliases(before)
      ? "it uses YAML aliases (&name, *name, <<), and the change would alter what one of them means: write the values out"
      : "the place is written in a way that cannot be edited automatically: write it as a list of block entries (`- id: …`)",
  );
}

function hasAliases(document: Document): boolean {
  let found = false;
  visit(document, {
    Alias: () => {
      found = true;
      return visit.BREAK;
    },
  });
  return found;
}

/** Whether lists stand deeper than their keys in this text; so they do when it has none. */
function indentsLists(document: Document, text: string): boolean {
  let indents = true;
  visit(document, {
    Pair: (_, { key, value }) => {
      const [list, name] = [value, key] as (Node | null)[];
      if (list?.srcToken?.type !== "block-seq" || !isBlock(list) || !list.range || !name?.range)
        return undefined;
      const column = (offset: number) => offset - text.lastIndexOf("\n", offset - 1);
      indents = column(list.range[0]) > column(name.range[0]);
      return visit.BREAK;
    },
  });
  return indents;
}
