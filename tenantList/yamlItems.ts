/** Where the items of the collections of a YAML document stand in its text. */
import { type CST, isMap, isScalar, isSeq, type Node, type YAMLMap, type YAMLSeq } from "yaml";
import { EditError } from "./sheet.ts";

/** An entry of a map, or an item of a list. */
export interface Item {
  /** Absent in a list. */
  key: string | undefined;
  /** Undefined when nothing is written. */
  value: Node | undefined;
  /** Of the key, the dash, or (between brackets) the value. */
  start: number;
  /** Behind the colon, the dash, or (between brackets, in a list) where the value begins. */
  after: number;
  /** Behind the last character of the value; comments do not count. */
  end: number;
}

/** The key whose value's entries count as the map's own; a symbol to the library. */
export const MERGE_KEY = "<<";

export type Collection = YAMLMap | YAMLSeq;

export function isBlock(node: Node): boolean {
  return node.srcToken?.type === "block-map" || node.srcToken?.type === "block-seq";
}

/** @throws EditError when the collection is written in a way that is not edited here: with keys marked by `?`. */
export function itemsOf(node: Collection, text: string): Item[] {
  if (isMap(node)) return node.items.map((pair) => mapItem(pair as never, text));
  const dashes = isBlock(node) ? dashOffsets(node.srcToken) : undefined;
  return (node.items as Node[]).map((value, index) => {
    const start = dashes === undefined ? rangeOf(value)[0] : dashes[index];
    if (start === undefined) throw new EditError("a list whose dashes cannot be found");
    const after = dashes === undefined ? start : start + 1;
    return item(undefined, value, { start, after }, text);
  });
}

interface SourcePair {
  key: Node;
  value: Node | null;
  srcToken?: CST.CollectionItem;
}

function mapItem({ key, value, srcToken }: SourcePair, text: string): Item {
  const colon = srcToken?.sep?.find(({ type }) => type === "map-value-ind");
  const explicit = srcToken?.start.some(({ type }) => type === "explicit-key-ind") ?? true;
  if (!isScalar(key) || colon === undefined || explicit) {
    throw new EditError("a map with a key that is no plain one");
  }
  const places = { start: rangeOf(key)[0], after: colon.offset + 1 };
  const name = typeof key.value === "symbol" ? MERGE_KEY : String(key.value);
  return item(name, value ?? undefined, places, text);
}

function item(
  key: string | undefined,
  value: Node | undefined,
  { start, after }: { start: number; after: number },
  text: string,
): Item {
  const isWritten = value?.srcToken !== undefined;
  return isWritten
    ? { key, value, start, after, end: endOf(value, text) }
    : { key, value: undefined, start, after, end: after };
}

function endOf(node: Node, text: string): number {
  if (isBlock(node) && (isMap(node) || isSeq(node)))
    return itemsOf(node, text).at(-1)?.end ?? rangeOf(node)[1];
  const end = rangeOf(node)[1];
  // The text of a block scalar ends in line breaks that are its own.
  return rangeOf(node)[0] + text.slice(rangeOf(node)[0], end).replace(/(?<![ \t\r\n])[ \t\r\n]+$/, "").length;
}

export function rangeOf(node: Node): readonly [number, number, number] {
  if (!node.range) throw new EditError("a value whose place is not known");
  return node.range;
}

function dashOffsets(token: CST.Token | undefined): number[] {
  if (token?.type !== "block-seq") return [];
  return token.items.flatMap(({ start }) => start.find(({ type }) => type === "seq-item-ind")?.offset ?? []);
}
