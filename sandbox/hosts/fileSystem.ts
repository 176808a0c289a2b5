/** The files of a host: what its image carries, what its user data writes and what its programs write. */
import { createHash } from "node:crypto";
import { posix } from "node:path";
import { type Account, allows, Right, ROOT } from "./account.ts";
import type { Directory, File } from "./file.ts";
import { FileAccessError } from "./fileAccessError.ts";

/** What a host keeps while the sandbox does not run. */
export interface FileSystemSnapshot {
  files: Record<string, Omit<File, "content"> & { content: string }>;
  directories: Record<string, Directory>;
}

const IMAGE_DIRECTORIES = [
  ...["/etc/systemd/system", "/opt", "/root", "/run", "/tmp", "/usr/bin", "/usr/lib/systemd/system"],
  ...["/usr/local/bin", "/usr/local/libexec", "/var/lib/cloud/data", "/var/log"],
];
const DIGEST_SIZE = 2 ** 48;

function hashOf(path: string, { mode, owner, group, content }: Directory & { content?: Buffer }): number {
  const hash = createHash("sha1").update(`${path}\0${mode}\0${owner}\0${group}\0`);
  return hash
    .update(content ?? "/")
    .digest()
    .readUIntBE(0, 6);
}

export class FileSystem {
  readonly #files = new Map<string, File>();
  readonly #directories = new Map<string, Directory>();
  #digest = 0;

  constructor(snapshot?: FileSystemSnapshot) {
    for (const path of IMAGE_DIRECTORIES) this.makeParents(posix.join(path, "file"));
    for (const [path, directory] of Object.entries(snapshot?.directories ?? {})) {
      this.#putDirectory(path, directory);
    }
    for (const [path, file] of Object.entries(snapshot?.files ?? {})) {
      this.#put(path, { ...file, content: Buffer.from(file.content, "base64") });
    }
  }

  /** The same number for the same files with the same content and rights, whatever happened in between. */
  get digest(): number {
    return this.#digest;
  }

  get(path: string): File | undefined {
    return this.#files.get(path);
  }

  directory(path: string): Directory | undefined {
    return this.#directories.get(path);
  }

  paths(): string[] {
    return [...this.#files.keys()].sort();
  }

  /** Names in a directory. */
  list(path: string): string[] {
    const prefix = path === "/" ? path : `${path}/`;
    const all = [...this.#files.keys(), ...this.#directories.keys()];
    const below = all.filter((known) => known.startsWith(prefix) && known !== path);
    return [...new Set(below.map((known) => known.slice(prefix.length).split("/", 1)[0] ?? ""))].sort();
  }

  /** Makes the directories above `path` as root, with the usual rights. */
  makeParents(path: string): void {
    const parent = posix.dirname(path);
    if (this.#directories.has(parent)) return;
    if (parent !== "/") this.makeParents(parent);
    this.#putDirectory(parent, { mode: 0o755, owner: ROOT.user, group: ROOT.user });
  }

  /** As root, whatever is there. */
  makeDirectory(path: string, directory: Directory): void {
    this.makeParents(path);
    this.#putDirectory(path, directory);
  }

  /** Throws FileAccessError when it is there, its parent is not, or the account may not write there. */
  addDirectory(path: string, mode: number, account: Account): void {
    if (this.#directories.has(path) || this.#files.has(path)) throw new FileAccessError(path, "EEXIST");
    this.#checkEntry(path, account);
    this.#putDirectory(path, { mode, owner: account.user, group: account.groups[0] ?? account.user });
  }

  /** Removes a directory and everything below it, or a file, as root. */
  remove(path: string): void {
    for (const known of [...this.#files.keys()]) {
      if (known === path || known.startsWith(`${path}/`)) this.#drop(known);
    }
    for (const [known, directory] of [...this.#directories]) {
      if (known !== path && !known.startsWith(`${path}/`)) continue;
      this.#directories.delete(known);
      this.#count(-hashOf(known, directory));
    }
  }

  /** Throws FileAccessError when the account may not remove it, or it is not there. */
  removeEntry(path: string, account: Account): void {
    this.#checkEntry(path, account);
    if (!this.#files.has(path) && !this.#directories.has(path)) throw new FileAccessError(path, "ENOENT");
    this.remove(path);
  }

  /** Throws FileAccessError when the account may not read it, or it is not there. */
  readBytes(path: string, account: Account): Buffer {
    this.checkSearch(path, account);
    if (this.#directories.has(path)) throw new FileAccessError(path, "EISDIR");
    const file = this.#files.get(path);
    if (file === undefined) throw new FileAccessError(path, "ENOENT");
    if (!allows(file, account, Right.read)) throw new FileAccessError(path, "EACCES");
    return file.content;
  }

  read(path: string, account: Account): string {
    return this.readBytes(path, account).toString("utf8");
  }

  /** Puts a file in the place of what is there. Throws FileAccessError when the account may not make files there. */
  replace(path: string, file: File, account: Account): void {
    this.#checkEntry(path, account);
    if (this.#directories.has(path)) throw new FileAccessError(path, "EISDIR");
    this.#put(path, file);
  }

  /** Writes into the file that is there, or makes one with these permission bits. */
  write(path: string, content: Buffer, mode: number, account: Account): void {
    const known = this.#files.get(path);
    if (known === undefined) {
      const group = account.groups[0] ?? account.user;
      this.replace(path, { content, mode, owner: account.user, group }, account);
      return;
    }
    this.checkSearch(path, account);
    if (!allows(known, account, Right.write)) throw new FileAccessError(path, "EACCES");
    const { binary: _replaced, ...kept } = known;
    this.#put(path, { ...kept, content });
  }

  /** Moves a file in one step. Directories stay where they are: nothing on a host moves one. */
  rename(from: string, to: string, account: Account): void {
    this.#checkEntry(from, account);
    const file = this.#files.get(from);
    if (file === undefined)
      throw new FileAccessError(from, this.#directories.has(from) ? "EINVAL" : "ENOENT");
    this.replace(to, file, account);
    if (to !== from) this.#drop(from);
  }

  /** Changes permission bits, owner or group. Throws FileAccessError: EPERM unless the account owns it, or is root. */
  change(path: string, changes: Partial<Directory>, account: Account): void {
    this.checkSearch(path, account);
    const file = this.#files.get(path);
    const known = file ?? this.#directories.get(path);
    if (known === undefined) throw new FileAccessError(path, "ENOENT");
    const isRoot = account.user === ROOT.user;
    const mayGroup = changes.group === undefined || isRoot || account.groups.includes(changes.group);
    if ((!isRoot && account.user !== known.owner) || (!isRoot && changes.owner !== undefined) || !mayGroup) {
      throw new FileAccessError(path, "EPERM");
    }
    if (file !== undefined) this.#put(path, { ...file, ...changes });
    else this.#putDirectory(path, { ...known, ...changes });
  }

  snapshot(): FileSystemSnapshot {
    const encoded = [...this.#files].map(
      ([path, file]) => [path, { ...file, content: file.content.toString("base64") }] as const,
    );
    return { files: Object.fromEntries(encoded), directories: Object.fromEntries(this.#directories) };
  }

  /** Throws FileAccessError unless the account may pass through all directories above. */
  checkSearch(path: string, account: Account): void {
    for (let parent = posix.dirname(path); ; parent = posix.dirname(parent)) {
      const directory = this.#directories.get(parent);
      if (directory !== undefined && !allows(directory, account, Right.search)) {
        throw new FileAccessError(path, "EACCES");
      }
      if (parent === "/" || parent === ".") return;
    }
  }

  /** Whether entries can be made and removed where `path` is. */
  #checkEntry(path: string, account: Account): void {
    this.checkSearch(path, account);
    const parent = this.#directories.get(posix.dirname(path));
    if (parent === undefined) {
      throw new FileAccessError(path, this.#files.has(posix.dirname(path)) ? "ENOTDIR" : "ENOENT");
    }
    if (!allows(parent, account, Right.write)) throw new FileAccessError(path, "EACCES");
  }

  #put(path: string, file: File): void {
    this.#drop(path);
    this.#files.set(path, file);
    this.#count(hashOf(path, file));
  }

  #drop(path: string): void {
    const known = this.#files.get(path);
    if (known === undefined) return;
    this.#files.delete(path);
    this.#count(-hashOf(path, known));
  }

  #putDirectory(path: string, directory: Directory): void {
    const known = this.#directories.get(path);
    if (known !== undefined) this.#count(-hashOf(path, known));
    this.#directories.set(path, directory);
    this.#count(hashOf(path, directory));
  }

  #count(change: number): void {
    this.#digest = (this.#digest + change + DIGEST_SIZE) % DIGEST_SIZE;
  }
}
