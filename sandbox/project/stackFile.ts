/** The sandbox's copy of a stack file (`Pulumi.<stack>.yaml`). */

import { type Document, isMap, isNode, isScalar, isSeq, type Pair, parseDocument, type YAMLMap } from "yaml";
import { UserError } from "../userError.ts";

/** Keys that the engine writes for its own use: how the stack's secrets are encrypted. */
const ENCRYPTION_KEYS: readonly string[] = ["secretsprovider", "encryptedkey", "encryptionsalt"];

type Path = readonly (string | number)[];

export interface StackFileCopy {
  readonly text: string;
  /** Paths of encrypted values that only their own stack can decrypt and that the copy therefore lacks. */
  readonly leftOut: readonly string[];
}

/**
 * The copy of a stack file, comments included.
 *
 * The sandbox has its own key, so the copy keeps the encryption it already has, and values that are encrypted in
 * the original are taken from the earlier copy or left out.
 * @param earlier Text of the earlier copy, if there is one.
 * @throws Error when the original is no YAML document that Pulumi could read.
 */
export function copyStackFile(name: string, original: string, earlier: string | undefined): StackFileCopy {
  const { document, root } = parseYamlMap(name, original);
  const earlierContents = earlier === undefined ? null : parseDocument(earlier).contents;
  const leftOut: Path[] = [];
  replaceSecrets(root, earlierContents, [], leftOut);
  for (const key of ENCRYPTION_KEYS) {
    const value: unknown = isMap(earlierContents) ? earlierContents.get(key) : undefined;
    if (value === undefined) removeEntry(root, key);
    else root.set(key, value);
  }
  return { text: document.toString({ lineWidth: 0 }), leftOut: leftOut.map(configPath) };
}

/** What a stack file says, whatever its layout, comments and encryption; equal for files that mean the same. */
export function stackFileMeaning(text: string): string {
  const document = parseDocument(text);
  if (document.errors.length > 0) return text;
  const content: unknown = document.toJS() ?? {};
  if (typeof content !== "object" || content === null) return text;
  return JSON.stringify(
    Object.fromEntries(Object.entries(content).filter(([key]) => !ENCRYPTION_KEYS.includes(key))),
  );
}

/** Parses a document whose root is a map, or empty. @throws UserError naming the file otherwise. */
export function parseYamlMap(name: string, text: string): { document: Document; root: YAMLMap } {
  const document: Document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) throw new UserError(`${name} is not valid YAML: ${error.message}`);
  const { contents } = document;
  if (isMap(contents)) return { document, root: contents };
  if (contents !== null && !(isScalar(contents) && contents.value === null)) {
    throw new UserError(`${name} is not a map of settings: it begins with a list or a plain value`);
  }
  const root = document.createNode({}) as YAMLMap;
  root.flow = false;
  document.contents = root;
  return { document, root };
}

/** Removes an entry of a map and leaves the comment above it where it was. */
export function removeEntry(map: YAMLMap, key: string): void {
  const index = map.items.findIndex((pair) => keyOf(pair) === key);
  if (index === -1) return;
  const [removed] = map.items.splice(index, 1);
  const next = map.items[index]?.key;
  if (!isNode(removed?.key) || !isNode(next)) return;
  const comments = [removed.key.commentBefore, next.commentBefore].filter((comment) => comment != null);
  if (comments.length > 0) next.commentBefore = comments.join("\n");
}

/** Puts the earlier copy's values in the place of encrypted ones, and notes the paths of those it removes. */
function replaceSecrets(node: unknown, earlier: unknown, path: Path, leftOut: Path[]): void {
  if (isMap(node)) {
    for (const pair of [...node.items]) {
      const key = keyOf(pair);
      const present = isMap(earlier) ? earlier.get(key, true) : undefined;
      if (!isSecure(pair.value)) replaceSecrets(pair.value, present, [...path, key], leftOut);
      else if (isSecure(present)) pair.value = present;
      else {
        leftOut.push([...path, key]);
        removeEntry(node, key);
      }
    }
  } else if (isSeq(node)) {
    node.items = node.items.filter((item, index) => {
      const present = isSeq(earlier) ? earlier.get(index, true) : undefined;
      if (!isSecure(item)) replaceSecrets(item, present, [...path, index], leftOut);
      else leftOut.push([...path, index]);
      return !isSecure(item);
    });
  }
}

function isSecure(node: unknown): node is YAMLMap {
  return isMap(node) && node.items.length === 1 && typeof node.get("secure") === "string";
}

const keyOf = (pair: Pair): string => String(isScalar(pair.key) ? pair.key.value : pair.key);

/** A path as `pulumi config set --path` takes it: `app:tenants[0].token`. */
function configPath(path: Path): string {
  const steps = path[0] === "config" ? path.slice(1) : path;
  return steps
    .map((step, index) => (typeof step === "number" ? `[${step}]` : index === 0 ? step : `.${step}`))
    .join("");
}
