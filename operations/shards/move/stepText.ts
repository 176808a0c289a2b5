/** What an update would change, for people. */
import type { Step } from "../../engine/steps.ts";

/** Lines that an error has, at most. */
const SHOWN = 20;

export function stepText(stack: string, { action, name, type }: Step): string {
  return `${stack}: ${action} ${name} (${type})`;
}

/** One below the other, indented. */
export function listText(lines: readonly string[]): string {
  const more = lines.length > SHOWN ? [`  and ${lines.length - SHOWN} more`] : [];
  return [...lines.slice(0, SHOWN).map((line) => `  ${line}`), ...more].join("\n");
}
