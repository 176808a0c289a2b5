/** Of which environment a stack file is, told without parsing its list. */
import { parse } from "yaml";
import { NAMESPACE } from "../config/problems.ts";

const KEY = `${NAMESPACE}environment`;
/** The line of a stack file that says it, as it is nearly always written. */
const LINE = /^ +(["']?)tenant-edge:environment\1 *: *(["']?)([a-z][a-z0-9]*)\2 *(?:#.*)?\r?$/gm;

/** Undefined when the text does not say it, or is no YAML: whoever works with the file tells why. */
export function environmentOf(text: string): string | undefined {
  if (!text.includes(KEY)) return undefined;
  const [line, ...others] = text.matchAll(LINE);
  // Parsing the lists of many files takes a second, and is needed for one that says it otherwise.
  if (line !== undefined && others.length === 0) return line[3];
  try {
    const { config } = parse(text, { merge: true }) as { config?: Record<string, unknown> };
    const environment = config?.[KEY];
    return typeof environment === "string" ? environment : undefined;
  } catch {
    return undefined;
  }
}
