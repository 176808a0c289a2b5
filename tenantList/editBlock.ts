/** Edits of collections in block style, by whole lines: what does not change keeps its lines as they are. */
import { isDeepStrictEqual } from "node:util";
import { isMap, isSeq } from "yaml";
import { editFlow } from "./editFlow.ts";
import { matchItems } from "./matchItems.ts";
import { isInline, isRecord, renderInline, renderLines } from "./renderYaml.ts";
import type { Sheet } from "./sheet.ts";
import { type Collection, type Item, isBlock, itemsOf, MERGE_KEY, rangeOf } from "./yamlItems.ts";

/** Makes the value of an item equal to `target`. */
function editValue(sheet: Sheet, item: Item, current: unknown, target: unknown): void {
  if (isDeepStrictEqual(current, target)) return;
  const { value } = item;
  const alike = (isMap(value) && isRecord(target)) || (isSeq(value) && Array.isArray(target));
  if (alike && !isInline(target) && !isInline(current))
    editCollection(sheet, value as Collection, current, target);
  else replaceValue(sheet, item, target);
}

/** Makes a collection equal to `target`, which is of its kind, and not empty. */
export function editCollection(sheet: Sheet, node: Collection, current: unknown, target: unknown): void {
  if (!isBlock(node)) editFlow(sheet, node, current, target);
  else if (Array.isArray(target)) editList(sheet, itemsOf(node, sheet.text), current as unknown[], target);
  else {
    const maps = [current, target] as [Record<string, unknown>, Record<string, unknown>];
    editMap(sheet, itemsOf(node, sheet.text), ...maps);
  }
}

function editMap(
  sheet: Sheet,
  items: readonly Item[],
  current: Record<string, unknown>,
  target: Record<string, unknown>,
): void {
  const first = items[0];
  if (first === undefined) return;
  const column = sheet.column(first.start);
  const own = new Set(items.map(({ key }) => key));
  const added = Object.entries(target)
    .filter(([key, value]) => !own.has(key) && !isDeepStrictEqual(current[key], value))
    .flatMap(([key, value]) => renderLines({ [key]: value }, sheet.indentSeq));
  const isKept = ({ key = "" }: Item) => Object.hasOwn(target, key) || key === MERGE_KEY;
  let rest = items;
  if (!sheet.beginsLine(first.start) && !isKept(first)) {
    const kept = items.findIndex(isKept);
    if (kept === -1) {
      sheet.replace(first.start, endOf(sheet, items), sheet.lines(added, column).slice(column));
      return;
    }
    rest = items.slice(kept);
    dropBehindDash(sheet, first, items[kept] ?? first);
  }
  for (const item of rest) {
    const { key = "" } = item;
    if (!isKept(item)) removeItem(sheet, item, column);
    else if (key !== MERGE_KEY) editValue(sheet, item, current[key], target[key]);
  }
  if (added.length > 0) sheet.replace(endOf(sheet, items), endOf(sheet, items), sheet.lines(added, column));
}

/** What follows takes the place behind the dash; the comment above it, the place above the dash. */
function dropBehindDash(sheet: Sheet, first: Item, kept: Item): void {
  const dashLine = sheet.lineStart(first.start);
  const comment = sheet.text.slice(sheet.startWithComment(kept.start), sheet.lineStart(kept.start));
  const indent = sheet.text.slice(dashLine, first.start).search(/\S/);
  sheet.replace(dashLine, dashLine, comment.replaceAll(/^[ \t]*(?=#)/gm, " ".repeat(indent)));
  sheet.replace(first.start, kept.start, "");
}

function editList(
  sheet: Sheet,
  items: readonly Item[],
  current: readonly unknown[],
  target: readonly unknown[],
): void {
  const first = items[0];
  if (first === undefined) return;
  const column = sheet.column(first.start);
  const apart = isSetApart(sheet, items);
  const insert = (place: number, from: number, to: number) => {
    for (const value of target.slice(from, to)) {
      const text = sheet.lines(renderLines([value], sheet.indentSeq), column);
      sheet.replace(place, place, apart ? sheet.eol + text : text);
    }
  };
  let done = 0;
  let place: number | undefined;
  for (const [index, match] of matchItems(current, target).entries()) {
    const item = items[index] ?? first;
    if (match === undefined) removeItem(sheet, item, column);
    else {
      insert(place ?? sheet.startWithComment(item.start), done, match);
      editValue(sheet, item, current[index], target[match]);
      done = match + 1;
      place = sheet.endWithComments(item.end, column);
    }
  }
  insert(endOf(sheet, items), done, target.length);
}

/** Whether an empty line stands between the last two. */
function isSetApart(sheet: Sheet, items: readonly Item[]): boolean {
  const last = items.at(-1);
  if (last === undefined || items.length < 2) return false;
  return sheet.isEmptyLine(sheet.lineStart(sheet.startWithComment(last.start) - 1));
}

function removeItem(sheet: Sheet, item: Item, column: number): void {
  sheet.removeLines(sheet.startWithComment(item.start), sheet.endWithComments(item.end, column));
}

/** Behind the lines of the last item, and the comments inside it. */
function endOf(sheet: Sheet, items: readonly Item[]): number {
  const last = items.at(-1);
  const first = items[0];
  if (last === undefined || first === undefined) throw new Error("a collection without items has no end");
  return sheet.endWithComments(last.end, sheet.column(first.start));
}

/** Writes a value in the place of one of another kind, of nothing, or of an empty collection. */
function replaceValue(sheet: Sheet, item: Item, target: unknown): void {
  const { value, after, end } = item;
  const column = sheet.column(item.start);
  const inline = isInline(target) ? renderInline(target, false) : undefined;
  if (value !== undefined && isBlock(value)) {
    const items = itemsOf(value as Collection, sheet.text);
    const first = items[0] ?? item;
    if (!sheet.beginsLine(first.start)) {
      sheet.replace(after, end, ` ${inline ?? compact(sheet, target, column)}`);
      return;
    }
    if (inline !== undefined) sheet.replace(after, after, ` ${inline}`);
    else sheet.replace(sheet.nextLine(after), sheet.nextLine(after), block(sheet, target, column));
    for (const each of items) removeItem(sheet, each, sheet.column(first.start));
  } else if (inline !== undefined) {
    if (value === undefined) sheet.replace(after, after, ` ${inline}`);
    else sheet.replace(rangeOf(value)[0], end, inline);
  } else if (item.key === undefined) {
    sheet.replace(after, end, ` ${compact(sheet, target, column)}`);
  } else {
    sheet.replace(after, end, "");
    const below = sheet.endWithComments(end, column);
    const gap = below === sheet.nextLine(end) ? "" : sheet.eol;
    sheet.replace(below, below, gap + block(sheet, target, column));
  }
}

/** The lines below a key in `column`. */
function block(sheet: Sheet, target: unknown, column: number): string {
  const deeper = Array.isArray(target) && !sheet.indentSeq ? 0 : 2;
  return sheet.lines(renderLines(target, sheet.indentSeq), column + deeper);
}

/** Behind a dash in `column`. */
function compact(sheet: Sheet, target: unknown, column: number): string {
  return sheet.lines(renderLines(target, sheet.indentSeq), column + 2).slice(column + 2, -sheet.eol.length);
}
