/** Short texts that stand for settings: another one means that something was changed. */
import { createHash } from "node:crypto";

const DIGEST_LENGTH = 16;

/** Keys of maps have no order: the engine hands settings over in another one than the stack file has. */
function inOrder(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

export function digestOf(value: object): string {
  return createHash("sha256").update(JSON.stringify(value, inOrder)).digest("hex").slice(0, DIGEST_LENGTH);
}
