/** Which items of a list are still there in a changed one. */
import { isDeepStrictEqual } from "node:util";
import { isRecord } from "./renderYaml.ts";

/** Maps are the same when they have the same id; everything else, when it is equal. */
function isSame(left: unknown, right: unknown): boolean {
  if (isRecord(left) && isRecord(right) && left["id"] !== undefined) return left["id"] === right["id"];
  return isDeepStrictEqual(left, right);
}

/**
 * For every item of the old list its index in the new one; undefined when it is gone, or now comes in another order. As
 * many as possible are kept: their longest common subsequence.
 */
export function matchItems(before: readonly unknown[], after: readonly unknown[]): (number | undefined)[] {
  let head = 0;
  while (head < before.length && head < after.length && isSame(before[head], after[head])) head += 1;
  const rows = before.length - head;
  const columns = after.length - head;
  const same = (row: number, column: number) => isSame(before[head + row], after[head + column]);
  // longest[row][column]: how many match from there on.
  const longest = Array.from({ length: rows + 1 }, () => new Uint32Array(columns + 1));
  const at = (row: number, column: number) => longest[row]?.[column] ?? 0;
  for (let row = rows - 1; row >= 0; row -= 1) {
    for (let column = columns - 1; column >= 0; column -= 1) {
      const length = same(row, column)
        ? at(row + 1, column + 1) + 1
        : Math.max(at(row + 1, column), at(row, column + 1));
      longest[row]?.fill(length, column, column + 1);
    }
  }
  const matches: (number | undefined)[] = before.map((_, index) => (index < head ? index : undefined));
  for (let row = 0, column = 0; row < rows && column < columns; ) {
    if (same(row, column)) {
      matches[head + row] = head + column;
      row += 1;
      column += 1;
    } else if (at(row + 1, column) >= at(row, column + 1)) row += 1;
    else column += 1;
  }
  return matches;
}
