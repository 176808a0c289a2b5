/**
 * The project as the sandbox runs it: the checkout's program, on copies of its project and stack files.
 *
 * The engine writes into stack files (`config set`, encryption salts), and in the sandbox it may: the checkout is
 * only ever read. A file that changes in the checkout is copied again.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { waitForLock } from "../fileLock.ts";
import { writeFileAtomically } from "../writeFileAtomically.ts";
import { copyProjectFile, projectFileMeaning } from "./projectFile.ts";
import { copyStackFile, stackFileMeaning } from "./stackFile.ts";

export interface PrepareProjectOptions {
  /** The repository with `Pulumi.yaml` and the stack files. */
  readonly checkout: string;
  /** The sandbox's folder. */
  readonly folder: string;
}

export interface PreparedProject {
  /** Where to run the engine. */
  readonly directory: string;
  /** What the user should know, one sentence or two each. */
  readonly notices: readonly string[];
}

/** What is known of a copy: by these, changes on either side are seen. */
interface CopyRecord {
  /** Hash of the checkout's file when it was copied. */
  readonly original: string;
  /** Hash of what the copy said then. */
  readonly meaning: string;
}

interface FileKind {
  copy(original: string, earlier: string | undefined): { text: string; leftOut: readonly string[] };
  meaning(text: string): string;
}

const PROJECT_FILE = "Pulumi.yaml";
const STACK_FILE = /^Pulumi\..+\.yaml$/;
const RECORDS = "copies.json";

/**
 * Brings the copies up to date. What the user has changed in a copy stays, until the original changes too: then the
 * changed copy is kept aside and a notice says where. Rejects when a file of the checkout cannot be read as YAML.
 */
export async function prepareProject(options: PrepareProjectOptions): Promise<PreparedProject> {
  const checkout = resolve(options.checkout);
  const directory = join(resolve(options.folder), "project");
  mkdirSync(directory, { recursive: true });
  const lock = await waitForLock(join(options.folder, "project.lock.db"), "copies the stack files");
  try {
    const records = readRecords(directory);
    const notices: string[] = [];
    for (const name of [PROJECT_FILE, ...stackFiles(checkout)]) {
      const kind = name === PROJECT_FILE ? projectFile(checkout) : stackFile(name);
      const { record, notices: own } = updateCopy(name, kind, checkout, directory, records[name]);
      records[name] = record;
      notices.push(...own);
    }
    writeFileAtomically(join(directory, RECORDS), `${JSON.stringify(records, undefined, 2)}\n`);
    return { directory, notices };
  } finally {
    lock.release();
  }
}

function updateCopy(
  name: string,
  kind: FileKind,
  checkout: string,
  directory: string,
  record: CopyRecord | undefined,
): { record: CopyRecord; notices: string[] } {
  const original = readFileSync(join(checkout, name), "utf8");
  const file = join(directory, name);
  const earlier = existsSync(file) ? readFileSync(file, "utf8") : undefined;
  const originalHash = hash(original);
  if (record !== undefined && earlier !== undefined && record.original === originalHash) {
    return { record, notices: [] };
  }

  const { text, leftOut } = kind.copy(original, earlier);
  const meaning = hash(kind.meaning(text));
  const notices: string[] = [];
  if (earlier !== undefined) {
    const present = hash(kind.meaning(earlier));
    if (present !== record?.meaning && present !== meaning) {
      notices.push(
        `${name} has changed in the checkout and was copied again. ` +
          `What was changed in the sandbox's own copy is kept in ${keepAside(file, earlier)}.`,
      );
    }
  }
  for (const path of leftOut) {
    notices.push(
      `${name}: the encrypted value ${path} is left out, since the sandbox has no key for it. ` +
        `Give it one of its own: npm run pulumi -- config set --secret --path '${path}' VALUE`,
    );
  }
  writeFileAtomically(file, text);
  return { record: { original: originalHash, meaning }, notices };
}

/** Writes a text beside its file under a name that is free; returns that path. */
function keepAside(file: string, text: string): string {
  for (let number = 1; ; number += 1) {
    const aside = `${file}.${number}.bak`;
    if (existsSync(aside)) continue;
    writeFileSync(aside, text, { flag: "wx" });
    return aside;
  }
}

function projectFile(checkout: string): FileKind {
  return {
    copy: (original) => ({ text: copyProjectFile(PROJECT_FILE, original, checkout), leftOut: [] }),
    meaning: projectFileMeaning,
  };
}

function stackFile(name: string): FileKind {
  return { copy: (original, earlier) => copyStackFile(name, original, earlier), meaning: stackFileMeaning };
}

function stackFiles(checkout: string): string[] {
  return readdirSync(checkout)
    .filter((name) => STACK_FILE.test(name))
    .sort();
}

function readRecords(directory: string): Record<string, CopyRecord> {
  try {
    return JSON.parse(readFileSync(join(directory, RECORDS), "utf8")) as Record<string, CopyRecord>;
  } catch {
    // Without records every copy counts as changed by the user: nothing is lost.
    return {};
  }
}

const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
