/** From what the engine prints to errors that say what to do. */
import { readFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { RADIUS_REFUSED } from "../../lifecycle/blastRadius.ts";
import { MOVE_REFUSED } from "../../lifecycle/deployment.ts";
import { LOSS_REFUSED } from "../../lifecycle/lostTenants.ts";
import { ErrorCode, OperationError } from "../errors.ts";
import { EngineCommandError } from "./pulumiCommand.ts";

/** DIY backends; Pulumi Cloud says "[409] Conflict". */
const LOCKED = /the stack is currently locked by|\[409\] Conflict: Another update is currently in progress/;
/** Between a lock's URL and who has it. */
const CREATED_BY = ": created by ";
const HOLDER = /^(.*)@([^\s@]+) \(pid (\d+)\) at (\S+)/;
const NO_STACK = /no stack named \S+ found/;
const EXISTS = /stack \S+ already exists/;
const LONGEST = 4000;

const NO_ROOM = /no space left on device|disk quota exceeded/i;
const HALF_WRITTEN = /failed to load checkpoint|unexpected end of JSON input|\bEOF\b/;

/** True when the state could not be read because another process was writing it. */
export function isHalfWritten(error: unknown): boolean {
  if (error instanceof EngineCommandError) return HALF_WRITTEN.test(error.stderr + error.stdout);
  return error instanceof Error && HALF_WRITTEN.test(error.message);
}

export interface LockHolder {
  /** URL of the lock, in the backend: `file://…` for one that is a folder. */
  lock: string;
  user: string;
  host: string;
  pid: number;
  since: string;
}

export function isLocked(error: unknown): error is EngineCommandError {
  return error instanceof EngineCommandError && LOCKED.test(error.stderr + error.stdout);
}

export function isExistingStack(error: unknown): boolean {
  return error instanceof EngineCommandError && EXISTS.test(error.stderr);
}

export function isMissingStack(error: unknown): boolean {
  return error instanceof EngineCommandError && NO_STACK.test(error.stderr);
}

/** Of several, one that may be alive: they go together. Undefined where the backend does not tell. */
export function lockHolder(error: EngineCommandError): LockHolder | undefined {
  const lines = (error.stderr + error.stdout).split("\n");
  const holders = lines.flatMap((line) => holderIn(line) ?? []);
  return holders.find((holder) => !isDeadHolder(holder)) ?? holders[0];
}

function holderIn(line: string): LockHolder | undefined {
  const end = line.indexOf(CREATED_BY);
  const found = end < 0 ? null : HOLDER.exec(line.slice(end + CREATED_BY.length));
  if (found === null) return undefined;
  const [, user = "", host = "", pid, since = ""] = found;
  return { lock: line.slice(0, end).trim(), user, host, pid: Number(pid), since };
}

/** As the engine writes it into its locks: Go, `os/user.Current`, which takes $USER for an id that has no name. */
function presentUser(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return process.env["USER"];
  }
}

/** Killed, and still listed, because nobody has asked how it ended: in containers without an init process. Linux alone. */
function isZombie(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, "utf8");
    return status.slice(status.lastIndexOf(")")).startsWith(") Z");
  } catch {
    return false;
  }
}

/**
 * True when the holder ran on this machine and is no more: it was killed and cannot let go by itself. Only believed of a
 * backend in a folder and a process of this user: containers of one name, which do not see each other's processes, may
 * share a bucket.
 */
export function isDeadHolder(holder: LockHolder | undefined): boolean {
  if (holder === undefined || !holder.lock.startsWith("file://")) return false;
  if (holder.host !== hostname() || holder.user !== presentUser()) return false;
  try {
    process.kill(holder.pid, 0);
    return isZombie(holder.pid);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

export function lockedError(stack: string, error: EngineCommandError, waitedSeconds: number): OperationError {
  const holder = lockHolder(error);
  const who =
    holder === undefined
      ? "another update"
      : `${holder.user}@${holder.host} (process ${holder.pid}) since ${holder.since}`;
  return new OperationError(
    ErrorCode.StackLocked,
    `the stack ${stack} is locked by ${who}; waited ${waitedSeconds} s for it`,
    {
      ways: [
        "run it again when that update is done: nothing was lost",
        `if that process is no more: pulumi cancel --stack ${stack}`,
      ],
    },
  );
}

/** An update that did not end well, though as much of it was done as could be. */
export class UpdateFailure extends Error {
  readonly error: OperationError;
  readonly #tenants: ReadonlySet<string>;

  /** @param tenants of which something failed; "" for what is shared. Empty when the program itself failed. */
  constructor(error: OperationError, tenants: ReadonlySet<string>) {
    super(error.message);
    this.name = "UpdateFailure";
    this.error = error;
    this.#tenants = tenants;
  }

  /** The same one, which these tenants have to do with, too. */
  andOf(tenants: readonly string[]): UpdateFailure {
    return this.#tenants.size === 0
      ? this
      : new UpdateFailure(this.error, new Set([...this.#tenants, ...tenants]));
  }

  concerns(tenants: readonly string[]): boolean {
    const isOfAll = this.#tenants.size === 0 || this.#tenants.has("");
    return isOfAll || tenants.some((tenant) => this.#tenants.has(tenant));
  }
}

/** Whether the program refused for the sake of tenants that nobody named. */
export function isRadiusRefused(error: unknown): boolean {
  return error instanceof OperationError && error.message.includes(RADIUS_REFUSED);
}

/** @param diagnostics the engine's own errors, in which secrets are masked. */
export function updateFailed(what: string, diagnostics: readonly string[], error: unknown): OperationError {
  const own = [...new Set(diagnostics)].join("\n");
  const printed = error instanceof EngineCommandError ? error.stderr.trim() : "";
  const text = own || printed || (error instanceof Error ? error.message : String(error));
  if (text.includes(RADIUS_REFUSED)) {
    return new OperationError(ErrorCode.UnintendedChanges, text, {
      ways: [
        "put the settings back; or bring the stack there by `pulumi up` first, with the words that allow it",
      ],
    });
  }
  if (text.includes(MOVE_REFUSED)) {
    return new OperationError(ErrorCode.UnintendedChanges, text, { ways: ["put the settings back"] });
  }
  if (text.includes(LOSS_REFUSED)) {
    return new OperationError(ErrorCode.UnintendedChanges, text, {
      ways: ["put back what the list lost; or let it go on purpose, as said above"],
    });
  }
  return new OperationError(ErrorCode.UpdateFailed, `${what} failed:\n${text.slice(0, LONGEST)}`, {
    ways: [
      ...(NO_ROOM.test(text) ? ["make room where the state is, then run it again"] : []),
      "mend what it names and run it again: what was done is kept, the rest is done then",
    ],
  });
}
