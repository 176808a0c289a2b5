/** Errors for people and for programs. */

import { printable } from "../../naming/printable.ts";
import type { OperationError } from "../../operations/errors.ts";
import type { Colours } from "../globalOptions.ts";

/** The message, each problem with its place, and what can be done. */
export function errorText({ message, problems, ways }: OperationError, colours: Colours): string {
  return [
    `${colours.red("Error:")} ${printable(message)}`,
    ...problems.map(({ path, message: problem }) => `  ${printable(path)}: ${printable(problem)}`),
    ...ways.map((way) => `  - ${printable(way)}`),
  ].join("\n");
}

/** What `--json` prints in place of a result. */
export function errorDocument({ code, message, problems, ways }: OperationError): object {
  return { error: { code, message, ways, problems } };
}
