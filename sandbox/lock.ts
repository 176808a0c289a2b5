/**
 * One writer per sandbox folder.
 *
 * A command owns the folder while it runs. A second one is refused with the owner's name, unless the owner is a
 * server (`sandbox serve`) that has published how to reach it: then the second command uses the server's cloud.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type FileLock, type LockHolder, lockHolder, tryLock } from "./fileLock.ts";
import { isAlive } from "./isAlive.ts";
import { UserError } from "./userError.ts";
import { writeFileAtomically } from "./writeFileAtomically.ts";

/** How other commands use a sandbox that is already served. */
export interface ServerAddress {
  /** Environment for the engine: providers, language host, backend. */
  readonly env: Readonly<Record<string, string>>;
  /** Named URLs for people and programs: cloudflare, aws, edge ... */
  readonly urls: Readonly<Record<string, string>>;
}

export interface RunningServer extends ServerAddress {
  readonly pid: number;
  readonly since: string;
}

/** Ownership of a sandbox folder; ends with `release` or with the process. */
export interface FolderLock {
  /** Lets other commands attach to this process from now on. */
  publish(address: ServerAddress): void;
  release(): void;
}

export const ClaimKind = { Owner: "owner", Attached: "attached" } as const;
export type ClaimKind = (typeof ClaimKind)[keyof typeof ClaimKind];

export type Claim =
  | { readonly kind: typeof ClaimKind.Owner; readonly lock: FolderLock }
  | { readonly kind: typeof ClaimKind.Attached; readonly server: RunningServer };

/** Another command is using the sandbox folder and cannot be shared. */
export class FolderInUseError extends UserError {
  override readonly name = "FolderInUseError";
  readonly folder: string;
  /** Undefined for the instant in which the owner has not yet written who it is. */
  readonly owner: LockHolder | undefined;

  constructor(folder: string, owner: LockHolder | undefined) {
    const who =
      owner === undefined
        ? "another command that is just starting"
        : `\`${owner.command}\` (process ${owner.pid}, since ${owner.since})`;
    super(
      `The sandbox in ${folder} is in use by ${who}. ` +
        "Wait until it ends or stop it, or run `npm run sandbox -- serve` to share one sandbox between commands.",
    );
    this.folder = folder;
    this.owner = owner;
  }
}

const lockFile = (folder: string): string => join(folder, "lock.db");
const serverFile = (folder: string): string => join(folder, "server.json");

/** Takes the folder for this command. Throws {@link FolderInUseError} when another command has it. */
export function lockFolder(folder: string, command: string): FolderLock {
  const lock = tryLock(lockFile(folder), command);
  if (lock === undefined) throw new FolderInUseError(folder, lockHolder(lockFile(folder)));
  // Whoever gets the lock knows that an address in the folder is that of an owner that was killed.
  rmSync(serverFile(folder), { force: true });
  return ownership(folder, lock);
}

/** Takes the folder, or attaches to the server that has it. Throws {@link FolderInUseError} otherwise. */
export function claimFolder(folder: string, command: string): Claim {
  try {
    return { kind: ClaimKind.Owner, lock: lockFolder(folder, command) };
  } catch (error) {
    if (!(error instanceof FolderInUseError)) throw error;
    const server = publishedServer(folder);
    if (server === undefined) throw error;
    return { kind: ClaimKind.Attached, server };
  }
}

/**
 * The server that owns the folder now. What a killed one left behind is no server: it is removed.
 * @param command Named to others in the instant in which the lock is tried.
 */
export function runningServer(folder: string, command = "a look at the sandbox"): RunningServer | undefined {
  if (!existsSync(serverFile(folder))) return undefined;
  try {
    lockFolder(folder, command).release();
    return undefined;
  } catch (error) {
    if (!(error instanceof FolderInUseError)) throw error;
    return publishedServer(folder);
  }
}

function ownership(folder: string, lock: FileLock): FolderLock {
  return {
    publish(address) {
      const server: RunningServer = { pid: lock.holder.pid, since: lock.holder.since, ...address };
      // The environment holds the passphrase of the sandbox's state: for the owner's eyes.
      writeFileAtomically(serverFile(folder), `${JSON.stringify(server, undefined, 2)}\n`, 0o600);
    },
    release() {
      rmSync(serverFile(folder), { force: true });
      lock.release();
    },
  };
}

/** What the folder's present owner has published; never what a killed one left. */
function publishedServer(folder: string): RunningServer | undefined {
  const owner = lockHolder(lockFile(folder));
  let server: RunningServer;
  try {
    server = JSON.parse(readFileSync(serverFile(folder), "utf8")) as RunningServer;
  } catch {
    return undefined;
  }
  const isOwners = owner?.pid === server.pid && owner.since === server.since;
  return isOwners && isAlive(server.pid) ? server : undefined;
}
