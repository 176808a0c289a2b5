/** A stack file's text in the present format: comments, and every line that need not change, stay as they are. */
import { editYaml, parseYaml, rootOf } from "../../tenantList/editYaml.ts";
import { NAMESPACE } from "../problems.ts";
import { migrated } from "./migrate.ts";

type Values = Record<string, unknown>;

/** The settings of ours, by their key without `tenant-edge:`. @throws EditError when the text is no YAML. */
export function settingsIn(text: string): Values {
  const { config } = rootOf(parseYaml(text));
  const ours = Object.entries((config ?? {}) as Values).filter(([key]) => key.startsWith(NAMESPACE));
  return Object.fromEntries(ours.map(([key, value]) => [key.slice(NAMESPACE.length), value]));
}

/** @throws EditError when the text is no YAML, or cannot be changed in place. */
export function migrateText(text: string): string {
  const root = rootOf(parseYaml(text));
  const before = settingsIn(text);
  const after = migrated(before);
  if (after === before) return text;
  const changed = Object.entries(after).map(([key, value]) => [`${NAMESPACE}${key}`, value]);
  return editYaml(text, {
    ...root,
    config: { ...(root["config"] as Values), ...Object.fromEntries(changed) },
  });
}
