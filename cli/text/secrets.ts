/** Secrets of results are shown to whoever asks for them by name, and to nobody else. */
import { OPERATIONS, type OperationName } from "../../operations/contract.ts";

export const HIDDEN = "[secret]";

/** The result with a placeholder in place of each secret that it has, and whether there was one. */
export function hideSecrets<R extends object>(name: OperationName, result: R): { shown: R; hidden: boolean } {
  const secret = new Set<string>(OPERATIONS[name].secrets);
  let hidden = false;
  const entries = Object.entries(result).map(([field, value]): [string, unknown] => {
    if (!secret.has(field) || value === null) return [field, value];
    hidden = true;
    return [field, HIDDEN];
  });
  return { shown: Object.fromEntries(entries) as R, hidden };
}
