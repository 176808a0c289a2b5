/** What the program of a project is: its settings, its modules, and the packages that they import. */
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { findPackageJSON } from "node:module";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parse } from "yaml";
import { z } from "zod";

const PROJECT_FILE = "Pulumi.yaml";
const NODE = "nodejs";
/** Also in comments, where it does no harm. */
const IMPORTED = /\b(?:from|import|require)\s*(?:\(\s*)?["']([^"'\n]+)["']/g;
const MODULE = /\.[cm]?[jt]s$/;
/** What an import without an ending may mean, and a folder. */
const ENDINGS = ["", ".ts", ".js", "/index.ts", "/index.js"];

const projectFile = z.object({
  main: z.string().default("."),
  runtime: z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)]),
});

const packageFile = z.object({ name: z.string(), version: z.string() });

/** What a module is called when it is told apart from others, and what it has. */
type Part = readonly [name: string, digest: string];

async function fileOf(path: string): Promise<string | undefined> {
  for (const ending of ENDINGS) {
    const candidate = path + ending;
    const found = await stat(candidate).catch(() => undefined);
    if (found?.isFile() === true) return candidate;
  }
  return undefined;
}

/** `@pulumi/aws 7.48.0`. Undefined for a part of Node, and for what is not installed. */
async function packageOf(specifier: string, importer: string): Promise<string | undefined> {
  try {
    const file = findPackageJSON(specifier, pathToFileURL(importer));
    if (file === undefined) return undefined;
    const { name, version } = packageFile.parse(JSON.parse(await readFile(file, "utf8")));
    return `${name} ${version}`;
  } catch {
    return undefined;
  }
}

const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex");

class Modules {
  readonly parts: Part[] = [];
  readonly #seen = new Set<string>();
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async follow(file: string): Promise<void> {
    if (this.#seen.has(file)) return;
    this.#seen.add(file);
    const text = await readFile(file, "utf8");
    this.parts.push([relative(this.#root, file), digestOf(text)]);
    if (!MODULE.test(file)) return;
    const imported = new Set([...text.matchAll(IMPORTED)].map(([, specifier = ""]) => specifier));
    await Promise.all([...imported].map((specifier) => this.#import(specifier, file)));
  }

  async #import(specifier: string, importer: string): Promise<void> {
    if (specifier.startsWith(".")) {
      const file = await fileOf(resolve(dirname(importer), specifier));
      if (file !== undefined) await this.follow(file);
      return;
    }
    const [scope = "", name = ""] = specifier.split("/");
    const bare = scope.startsWith("@") ? `${scope}/${name}` : scope;
    if (bare.startsWith("node:") || this.#seen.has(bare)) return;
    this.#seen.add(bare);
    const found = await packageOf(bare, importer);
    if (found !== undefined) this.parts.push([found, ""]);
  }
}

/**
 * Another one when the program may do something else: Pulumi.yaml, a module that it imports, or the version of a package
 * was changed. Costs some ten milliseconds. Imports whose name is computed are not seen.
 *
 * @param directory folder of Pulumi.yaml. @returns undefined for a program that is not of Node, or not found.
 */
export async function programDigest(directory: string): Promise<string | undefined> {
  const text = await readFile(join(directory, PROJECT_FILE), "utf8");
  const { data } = projectFile.safeParse(parse(text));
  if (data?.runtime !== NODE) return undefined;
  const entry = await fileOf(isAbsolute(data.main) ? data.main : join(directory, data.main));
  if (entry === undefined) return undefined;
  const modules = new Modules(dirname(entry));
  await modules.follow(entry);
  const parts = modules.parts.map((part) => part.join(" ")).sort();
  return digestOf([text, ...parts].join("\n"));
}
