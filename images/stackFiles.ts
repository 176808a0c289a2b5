/** Reads the project's stack files as they lie on the disk, without the Pulumi engine. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isNode, LineCounter, parseDocument } from "yaml";
import { decodeValue } from "../config/decodeValue.ts";
import { parseStack } from "../config/parse.ts";
import { ConfigError, NAMESPACE } from "../config/problems.ts";
import { type ImagePin, imagePins } from "./pins.ts";

const STACK_FILE = /^Pulumi\.(.+)\.yaml$/;

/** A line of a stack file. */
export interface SourceLine {
  /** The first line is 1. */
  number: number;
  text: string;
}

export interface Stack {
  name: string;
  /** `Pulumi.staging.yaml` */
  file: string;
  /** The value of `aws:region`. */
  region: string;
  /** The value of `aws:profile`: the section of the AWS configuration files whose credentials the stack uses. */
  profile: string | undefined;
  pins: ImagePin[];
  /** The line that pins an image, with another image in it; `undefined` where the value is part of JSON text. */
  lineWith(pin: ImagePin, imageId: string): SourceLine | undefined;
}

/** As the engine would hand it over: a list or an object may have been set as a whole, and every number is text. */
function decoded(value: unknown): unknown {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" ? decodeValue(value) : value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @throws Error that names the file and says what is wrong in it. */
function parseStackFile(name: string, file: string, source: string): Stack {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, merge: true });
  const [fault] = document.errors;
  if (fault !== undefined) throw new Error(`${file} is not YAML: ${fault.message}`);
  const content: unknown = document.toJS();
  const config = isRecord(content) && isRecord(content["config"]) ? content["config"] : {};
  const ours = Object.entries(config).filter(([key]) => key.startsWith(NAMESPACE));
  const raw = Object.fromEntries(ours.map(([key, value]) => [key.slice(NAMESPACE.length), decoded(value)]));
  const { "aws:region": region, "aws:profile": profile } = config;
  const parsed = parseStack(raw, typeof region === "string" ? region : undefined);
  if (parsed.config === undefined) throw new ConfigError(file, parsed.problems);
  return {
    name,
    file,
    region: String(region),
    profile: typeof profile === "string" ? profile : undefined,
    pins: imagePins(parsed.config),
    lineWith({ steps }, imageId) {
      const node: unknown = document.getIn(["config", ...steps], true);
      if (!isNode(node) || !node.range) return undefined;
      const [start, end] = node.range;
      const before = source.slice(source.lastIndexOf("\n", start - 1) + 1, start);
      const [after = ""] = source.slice(end).split(/\r?\n/, 1);
      return { number: lines.linePos(start).line, text: `${before}${imageId}${after}` };
    },
  };
}

export interface StackFiles {
  stacks: Stack[];
  /** What kept a stack file from being read. */
  problems: { stack: string; message: string }[];
}

/**
 * All stack files in a folder, by name. A file that cannot be read does not keep the others from being read.
 *
 * @throws Error when the folder has none.
 */
export function readStackFiles(folder: string): StackFiles {
  const found: StackFiles = { stacks: [], problems: [] };
  const files = readdirSync(folder).sort();
  for (const file of files) {
    const stack = STACK_FILE.exec(file)?.[1];
    if (stack === undefined) continue;
    try {
      found.stacks.push(parseStackFile(stack, file, readFileSync(join(folder, file), "utf8")));
    } catch (error) {
      found.problems.push({ stack, message: error instanceof Error ? error.message : String(error) });
    }
  }
  if (found.stacks.length + found.problems.length > 0) return found;
  throw new Error(
    `${folder} has no stack file (Pulumi.<stack>.yaml). --directory names the folder that has them.`,
  );
}
