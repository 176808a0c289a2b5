/** The text of a further stack file. */
import { stringify } from "yaml";
import { editYaml, parseYaml, rootOf } from "../tenantList/editYaml.ts";
import { EditError } from "../tenantList/sheet.ts";

/** What the engine writes beside `config` about a stack's secrets. */
const ENCRYPTION = ["secretsprovider", "encryptedkey", "encryptionsalt"] as const;
export type Encryption = { [K in (typeof ENCRYPTION)[number]]?: unknown };

/** @throws EditError when the text is no YAML. */
export function encryptionIn(text: string): Encryption {
  const root = rootOf(parseYaml(text));
  return Object.fromEntries(ENCRYPTION.flatMap((key) => (key in root ? [[key, root[key]]] : [])));
}

/** For editors: where the schema of stack files is. */
const MODELINE = /^# yaml-language-server:.*\n/;

/**
 * @param like text of the stack file whose settings it has. @param config its own `config`.
 * @param keepsComments whether what is said about the settings there is true of these, too.
 * @throws EditError when `like` is no YAML.
 */
export function newShardText(
  like: string,
  config: Readonly<Record<string, unknown>>,
  encryption: Encryption,
  keepsComments: boolean,
): string {
  const root = rootOf(parseYaml(like));
  const others = Object.entries(root).filter(([key]) => !(ENCRYPTION as readonly string[]).includes(key));
  const target = { ...Object.fromEntries(others), ...encryption, config };
  try {
    if (keepsComments) return editYaml(like, target);
  } catch (error) {
    // Aliases, which cannot be edited: all is written out.
    if (!(error instanceof EditError)) throw error;
  }
  const [modeline = ""] = MODELINE.exec(like) ?? [];
  return modeline + stringify(target, { lineWidth: 0, aliasDuplicateObjects: false });
}
