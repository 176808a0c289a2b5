/** What an operation would do, for people. */

import { printable } from "../../naming/printable.ts";
import type { Plan } from "../../operations/contract.ts";
import type { Colours } from "../globalOptions.ts";
import { table } from "./table.ts";

const NOBODY = "(shared)";

/** The engine's parts of a replacement, which it also has as a whole. */
const PARTS = new Set(["create-replacement", "delete-replaced"]);

/** What is in the stack's state alone: the stack itself, providers, and components, whose parts are listed. */
const IN_STATE_ALONE = /^(?:pulumi|tenant-edge):/;

/** `cloudflare AccountToken` of `cloudflare:index/accountToken:AccountToken`. */
function typeText(type: string): string {
  const parts = type.split(":");
  return parts.length < 3 ? type : `${parts[0]} ${parts.at(-1)}`;
}

export function planText({ list, steps, notes }: Plan, colours: Colours): string {
  const parts: string[] = [];
  if (list.length > 0) {
    const rows = list.map(({ path, before, after }) => [path, before, after]);
    parts.push(`${colours.bold("In the tenant list")}\n${table(["path", "before", "after"], rows, colours)}`);
  }
  const shown = steps
    .filter(({ action, type }) => !PARTS.has(action) && !IN_STATE_ALONE.test(type))
    .sort((one, other) => one.tenant.localeCompare(other.tenant));
  if (shown.length > 0) {
    const rows = shown.map(({ tenant, action, type, name }) => [
      tenant || NOBODY,
      action,
      typeText(type),
      name,
    ]);
    parts.push(
      `${colours.bold("In the clouds")}\n${table(["tenant", "action", "type", "name"], rows, colours)}`,
    );
  }
  if (notes.length > 0) {
    parts.push(`${colours.bold("Besides")}\n${notes.map((note) => `  - ${printable(note)}`).join("\n")}`);
  }
  return parts.length === 0 ? "Nothing would change." : parts.join("\n\n");
}
