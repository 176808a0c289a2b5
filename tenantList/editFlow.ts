/** Edits of collections between brackets: lists and maps on one line, and files that look like JSON. */
import { isDeepStrictEqual } from "node:util";
import { isMap, isSeq } from "yaml";
import { matchItems } from "./matchItems.ts";
import { isInline, isRecord, renderInline } from "./renderYaml.ts";
import type { Sheet } from "./sheet.ts";
import { type Collection, type Item, itemsOf, MERGE_KEY, rangeOf } from "./yamlItems.ts";

/** Makes the collection equal to `target`, whose kind it is of. */
export function editFlow(sheet: Sheet, node: Collection, current: unknown, target: unknown): void {
  const items = itemsOf(node, sheet.text);
  const [start, end] = rangeOf(node);
  const { gone, kept, added } = Array.isArray(target)
    ? listChanges(items, current as unknown[], target)
    : mapChanges(items, current as Record<string, unknown>, target as Record<string, unknown>);
  if (kept.length === 0) {
    sheet.replace(start, end, render(sheet, target, columnOfLine(sheet, start)));
    return;
  }
  for (const { item, from, to } of kept) editItem(sheet, item, from, to);
  removeItems(sheet, items, gone);
  const last = items.at(-1);
  if (last === undefined) return;
  const ownLine = sheet.beginsLine(last.start);
  const column = sheet.column(last.start);
  for (const { key, value } of added) {
    const text = render(sheet, value, ownLine ? column : undefined);
    const named = key === undefined ? text : `${renderInline(key, isJson(sheet))}: ${text}`;
    sheet.replace(last.end, last.end, ownLine ? `,${sheet.eol}${" ".repeat(column)}${named}` : `, ${named}`);
  }
}

interface Changes {
  gone: Item[];
  kept: { item: Item; from: unknown; to: unknown }[];
  added: { key?: string; value: unknown }[];
}

function mapChanges(
  items: readonly Item[],
  current: Record<string, unknown>,
  target: Record<string, unknown>,
): Changes {
  const own = new Set(items.map(({ key }) => key));
  const isKept = ({ key }: Item) => key !== undefined && Object.hasOwn(target, key);
  return {
    gone: items.filter((item) => !isKept(item) && item.key !== MERGE_KEY),
    kept: items
      .filter(isKept)
      .map((item) => ({ item, from: current[item.key ?? ""], to: target[item.key ?? ""] })),
    added: Object.entries(target)
      .filter(([key, value]) => !own.has(key) && !isDeepStrictEqual(current[key], value))
      .map(([key, value]) => ({ key, value })),
  };
}

/** What is new comes last: a list on one line that is put in another order is written anew. */
function listChanges(
  items: readonly Item[],
  current: readonly unknown[],
  target: readonly unknown[],
): Changes {
  const matches = matchItems(current, target);
  const count = matches.filter((match) => match !== undefined).length;
  const inOrder = matches.every((match) => match === undefined || match < count);
  if (!inOrder) return { gone: [], kept: [], added: [] };
  return {
    gone: items.filter((_, index) => matches[index] === undefined),
    kept: items.flatMap((item, index) => {
      const match = matches[index];
      return match === undefined ? [] : [{ item, from: current[index], to: target[match] }];
    }),
    added: target.slice(count).map((value) => ({ value })),
  };
}

function editItem(sheet: Sheet, { value, after }: Item, from: unknown, to: unknown): void {
  if (isDeepStrictEqual(from, to)) return;
  const alike = (isMap(value) && isRecord(to)) || (isSeq(value) && Array.isArray(to));
  if (alike && !isInline(to)) {
    editFlow(sheet, value as Collection, from, to);
    return;
  }
  if (value === undefined) {
    sheet.replace(after, after, ` ${render(sheet, to, undefined)}`);
    return;
  }
  const [start, end] = rangeOf(value);
  sheet.replace(start, end, render(sheet, to, columnOfLine(sheet, start)));
}

/** With the comma behind each; at the end, with that before the first. */
function removeItems(sheet: Sheet, items: readonly Item[], gone: readonly Item[]): void {
  const isGone = new Set(gone);
  const lastKept = items.findLast((item) => !isGone.has(item));
  const tail = lastKept === undefined ? 0 : items.indexOf(lastKept) + 1;
  for (const [index, item] of items.slice(0, tail).entries()) {
    const next = items[index + 1];
    if (!isGone.has(item) || next === undefined) continue;
    const between = sheet.text.slice(item.end, next.start);
    // A comment on a line of its own is about what follows.
    const line = between.includes("#") ? between.indexOf("\n") + 1 : between.length;
    sheet.replace(item.start, item.end + line, "");
  }
  const end = items.at(-1)?.end;
  if (lastKept !== undefined && end !== undefined && end > lastKept.end) sheet.replace(lastKept.end, end, "");
}

function isJson({ text }: Sheet): boolean {
  return text.trimStart().startsWith("{");
}

/** @param column of the line, when a collection may take several. */
function render(sheet: Sheet, value: unknown, column: number | undefined): string {
  if (column === undefined || !isJson(sheet) || !sheet.text.trimEnd().includes("\n")) {
    return renderInline(value, isJson(sheet));
  }
  return JSON.stringify(value, undefined, 2).replaceAll("\n", `${sheet.eol}${" ".repeat(column)}`);
}

function columnOfLine(sheet: Sheet, offset: number): number {
  const line = sheet.text.slice(sheet.lineStart(offset), offset);
  return line.length - line.trimStart().length;
}
