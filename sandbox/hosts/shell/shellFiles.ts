/** A host's files as the interpreter of shell scripts sees them, with the rights of the process that runs a script. */
import { posix } from "node:path";
import type { FsStat, IFileSystem } from "just-bash";
import type { Account } from "../account.ts";
import { FileAccessError, FileProblem } from "../fileAccessError.ts";
import type { FileSystem } from "../fileSystem.ts";

export interface ShellProcess {
  account: Account;
  umask: number;
  /** Whether the process's unit lets it write below a path. */
  mayWrite(path: string): boolean;
  /** Whether the image has a program of this name that the interpreter carries out itself. */
  isCommand(name: string): boolean;
}

/** What the interpreter runs in the place of a compiled program. It knows the program by its path. */
export const BINARY_COMMAND = "run-binary-of-host";

const BINARY_TEXT = Buffer.from(`#!/bin/bash\n${BINARY_COMMAND} "$0" "$@"\n`);
const NULL_DEVICE = "/dev/null";
const EPOCH = new Date(0);

/** As Node's own: the interpreter's commands take their words from it. */
class ShellFileError extends Error {
  readonly code: FileProblem;

  constructor(code: FileProblem, operation: string, path: string) {
    super(`${code}: ${FileProblem[code].toLowerCase()}, ${operation} '${path}'`);
    this.code = code;
  }
}

export class ShellFiles implements IFileSystem {
  readonly #files: FileSystem;
  readonly #process: ShellProcess;

  constructor(files: FileSystem, process: ShellProcess) {
    this.#files = files;
    this.#process = process;
  }

  async readFile(path: string): Promise<string> {
    return this.#bytes(path).toString("utf8");
  }

  async readFileBuffer(path: string): Promise<Uint8Array> {
    return this.#bytes(path);
  }

  async writeFile(path: string, content: string | Uint8Array, options?: unknown): Promise<void> {
    if (path === NULL_DEVICE) return;
    const bytes = encode(content, options);
    this.#writing("open", path, () => this.#files.write(path, bytes, this.#mode(0o666), this.#account));
  }

  async appendFile(path: string, content: string | Uint8Array, options?: unknown): Promise<void> {
    if (path === NULL_DEVICE) return;
    const bytes = Buffer.concat([
      this.#files.get(path)?.content ?? Buffer.alloc(0),
      encode(content, options),
    ]);
    this.#writing("open", path, () => this.#files.write(path, bytes, this.#mode(0o666), this.#account));
  }

  async exists(path: string): Promise<boolean> {
    try {
      this.#stat(path);
      return true;
    } catch {
      return false;
    }
  }

  async stat(path: string): Promise<FsStat> {
    return this.#stat(path);
  }

  lstat(path: string): Promise<FsStat> {
    return this.stat(path);
  }

  async mkdir(path: string, options?: { recursive?: boolean }): Promise<void> {
    const parent = posix.dirname(path);
    const isThere = this.#files.directory(path) !== undefined;
    if (options?.recursive === true) {
      if (isThere) return;
      if (this.#files.directory(parent) === undefined) await this.mkdir(parent, options);
    }
    this.#writing("mkdir", path, () => this.#files.addDirectory(path, this.#mode(0o777), this.#account));
  }

  async readdir(path: string): Promise<string[]> {
    if (!this.#stat(path).isDirectory) throw new ShellFileError("ENOTDIR", "scandir", path);
    return this.#files.list(path);
  }

  async rm(path: string, options?: { recursive?: boolean; force?: boolean }): Promise<void> {
    if (options?.force === true && !(await this.exists(path))) return;
    if (this.#stat(path).isDirectory && options?.recursive !== true && this.#files.list(path).length > 0) {
      throw new ShellFileError("ENOTEMPTY", "rm", path);
    }
    this.#writing("rm", path, () => this.#files.removeEntry(path, this.#account));
  }

  async cp(from: string, to: string): Promise<void> {
    const bytes = this.#reading("open", from, () => this.#files.readBytes(from, this.#account));
    const source = this.#files.get(from);
    this.#writing("open", to, () => {
      this.#files.write(to, bytes, this.#mode(source?.mode ?? 0o666), this.#account);
      const copied = this.#files.get(to);
      if (source?.binary !== undefined && copied !== undefined) {
        this.#files.replace(to, { ...copied, binary: source.binary }, this.#account);
      }
    });
  }

  async mv(from: string, to: string): Promise<void> {
    this.#writing("rename", from, () => {
      this.#refuseReadOnly("rename", to);
      this.#files.rename(from, to, this.#account);
    });
  }

  resolvePath(base: string, path: string): string {
    return posix.resolve("/", base, path);
  }

  getAllPaths(): string[] {
    return this.#files.paths();
  }

  async chmod(path: string, mode: number): Promise<void> {
    this.#writing("chmod", path, () => this.#files.change(path, { mode }, this.#account));
  }

  async symlink(_target: string, path: string): Promise<void> {
    throw new ShellFileError("EPERM", "symlink", path);
  }

  async link(_existing: string, path: string): Promise<void> {
    throw new ShellFileError("EPERM", "link", path);
  }

  async readlink(path: string): Promise<string> {
    throw new ShellFileError("EINVAL", "readlink", path);
  }

  async realpath(path: string): Promise<string> {
    this.#stat(path);
    return path;
  }

  async utimes(path: string): Promise<void> {
    this.#stat(path);
  }

  get #account(): Account {
    return this.#process.account;
  }

  #mode(mode: number): number {
    return mode & ~this.#process.umask;
  }

  #bytes(path: string): Buffer {
    if (path === NULL_DEVICE) return Buffer.alloc(0);
    const bytes = this.#reading("open", path, () => this.#files.readBytes(path, this.#account));
    return this.#files.get(path)?.binary === undefined ? bytes : BINARY_TEXT;
  }

  #stat(path: string): FsStat {
    const file = this.#files.get(path);
    const known = file ?? this.#files.directory(path);
    if (path === NULL_DEVICE) return statOf(path, 0o666, 0, false);
    if (known === undefined && this.#isCommand(path)) return statOf(path, 0o755, 0, false);
    this.#reading("stat", path, () => this.#files.checkSearch(path, this.#account));
    if (known === undefined) throw new ShellFileError("ENOENT", "stat", path);
    return statOf(path, known.mode, file?.content.length ?? 0, file === undefined);
  }

  #isCommand(path: string): boolean {
    const [, name] = /^(?:\/usr)?\/bin\/([^/]+)$/.exec(path) ?? [];
    return name !== undefined && this.#process.isCommand(name);
  }

  #reading<T>(operation: string, path: string, action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (error instanceof FileAccessError) throw new ShellFileError(error.code, operation, path);
      throw error;
    }
  }

  #writing(operation: string, path: string, action: () => void): void {
    this.#refuseReadOnly(operation, path);
    this.#reading(operation, path, action);
  }

  #refuseReadOnly(operation: string, path: string): void {
    if (!this.#process.mayWrite(path)) throw new ShellFileError("EROFS", operation, path);
  }
}

/** There are no links: a path is a file's identity. */
function statOf(identity: string, mode: number, size: number, isDirectory: boolean): FsStat {
  return { isFile: !isDirectory, isDirectory, isSymbolicLink: false, mode, size, mtime: EPOCH, identity };
}

function encode(content: string | Uint8Array, options: unknown): Buffer {
  if (typeof content !== "string") return Buffer.from(content);
  const encoding = typeof options === "string" ? options : (options as { encoding?: string })?.encoding;
  return Buffer.from(content, encoding === "binary" || encoding === "latin1" ? "latin1" : "utf8");
}
