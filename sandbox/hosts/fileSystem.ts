/** The files of a host: what its image carries, what its user data writes and what its programs write. */
import { posix } from "node:path";
import type { Architecture } from "../../host/architecture.ts";

/** A compiled program, in place of its bytes. */
export interface Binary {
  name: "cloudflared";
  version: string;
  architecture: Architecture;
}

export interface File {
  content: Buffer;
  /** Permission bits. */
  mode: number;
  owner: string;
  group: string;
  binary?: Binary;
}

interface Directory {
  mode: number;
  owner: string;
}

/** What a host keeps while the sandbox does not run. */
export interface FileSystemSnapshot {
  files: Record<string, Omit<File, "content"> & { content: string }>;
  directories: Record<string, Directory>;
}

/** The message is the one of the C library: "Permission denied", "No such file or directory". */
export class FileAccessError extends Error {
  constructor(path: string, problem: string) {
    super(`${path}: ${problem}`);
    this.name = "FileAccessError";
  }
}

const ROOT = "root";
const IMAGE_DIRECTORIES = ["/", "/etc/systemd/system", "/opt", "/root", "/run", "/usr/local/bin", "/usr/bin"];
const OWNER_SHIFT = 6;
const GROUP_SHIFT = 3;

const Right = { read: 4, write: 2, search: 1 } as const;
type Right = (typeof Right)[keyof typeof Right];

function allows({ mode, owner }: Directory, group: string, user: string, right: Right): boolean {
  if (user === ROOT) return true;
  const shift = user === owner ? OWNER_SHIFT : user === group ? GROUP_SHIFT : 0;
  return ((mode >> shift) & right) !== 0;
}

export class FileSystem {
  readonly #files = new Map<string, File>();
  readonly #directories = new Map<string, Directory>();

  constructor(snapshot?: FileSystemSnapshot) {
    for (const path of IMAGE_DIRECTORIES) this.makeParents(posix.join(path, "file"));
    for (const [path, directory] of Object.entries(snapshot?.directories ?? {})) {
      this.#directories.set(path, directory);
    }
    for (const [path, file] of Object.entries(snapshot?.files ?? {})) {
      this.#files.set(path, { ...file, content: Buffer.from(file.content, "base64") });
    }
  }

  get(path: string): File | undefined {
    return this.#files.get(path);
  }

  paths(): string[] {
    return [...this.#files.keys()].sort();
  }

  /** Makes the directories above `path` as root, with the usual rights. */
  makeParents(path: string): void {
    const parent = posix.dirname(path);
    if (this.#directories.has(parent)) return;
    if (parent !== "/") this.makeParents(parent);
    this.#directories.set(parent, { mode: 0o755, owner: ROOT });
  }

  makeDirectory(path: string, directory: Directory): void {
    this.makeParents(path);
    this.#directories.set(path, directory);
  }

  /** Removes a directory and everything below it. */
  remove(path: string): void {
    for (const map of [this.#files, this.#directories]) {
      for (const known of map.keys()) {
        if (known === path || known.startsWith(`${path}/`)) map.delete(known);
      }
    }
  }

  /** Throws FileAccessError when `user` may not read it, or it is not there. */
  read(path: string, user: string): string {
    this.#search(path, user);
    const file = this.#files.get(path);
    if (file === undefined) throw new FileAccessError(path, "No such file or directory");
    if (!allows(file, file.group, user, Right.read)) throw new FileAccessError(path, "Permission denied");
    return file.content.toString("utf8");
  }

  /** Puts a file in the place of what is there. Throws FileAccessError when `user` may not make files there. */
  replace(path: string, file: File, user: string): void {
    this.#search(path, user);
    const parent = this.#directories.get(posix.dirname(path));
    if (parent === undefined) throw new FileAccessError(path, "No such file or directory");
    if (!allows(parent, parent.owner, user, Right.write))
      throw new FileAccessError(path, "Permission denied");
    if (this.#directories.has(path)) throw new FileAccessError(path, "Is a directory");
    this.#files.set(path, file);
  }

  snapshot(): FileSystemSnapshot {
    const encoded = [...this.#files].map(
      ([path, file]) => [path, { ...file, content: file.content.toString("base64") }] as const,
    );
    return { files: Object.fromEntries(encoded), directories: Object.fromEntries(this.#directories) };
  }

  #search(path: string, user: string): void {
    for (let parent = posix.dirname(path); ; parent = posix.dirname(parent)) {
      const directory = this.#directories.get(parent);
      if (directory !== undefined && !allows(directory, directory.owner, user, Right.search)) {
        throw new FileAccessError(path, "Permission denied");
      }
      if (parent === "/" || parent === ".") return;
    }
  }
}
