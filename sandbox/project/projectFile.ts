/** The sandbox's copy of the project file (`Pulumi.yaml`). */
import { resolve } from "node:path";
import { parseDocument } from "yaml";
import { parseYamlMap, removeEntry } from "./stackFile.ts";

/**
 * The project with its program where it is: `main` becomes an absolute path into the checkout. The copy names no
 * backend, so that state can only be in the sandbox.
 * @throws Error when the original is no YAML document that Pulumi could read.
 */
export function copyProjectFile(name: string, original: string, checkout: string): string {
  const { document, root } = parseYamlMap(name, original);
  const main = root.get("main");
  root.set("main", resolve(checkout, typeof main === "string" ? main : "."));
  removeEntry(root, "backend");
  return document.toString({ lineWidth: 0 });
}

/** What a project file says, whatever its layout and comments. */
export function projectFileMeaning(text: string): string {
  const document = parseDocument(text);
  return document.errors.length > 0 ? text : JSON.stringify(document.toJS() ?? {});
}
