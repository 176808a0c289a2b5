/** From what the engine prints to errors that say what to do. */
import { HALF_WRITTEN } from "../../config/halfWritten.ts";
import { RADIUS_REFUSED } from "../../lifecycle/blastRadius.ts";
import { MOVE_REFUSED } from "../../lifecycle/deployment.ts";
import { LOSS_REFUSED } from "../../lifecycle/lostTenants.ts";
import { ErrorCode, OperationError } from "../errors.ts";
import { lockHolder } from "./locks.ts";
import { EngineCommandError } from "./pulumiCommand.ts";

/** DIY backends; Pulumi Cloud says "[409] Conflict". */
const LOCKED = /the stack is currently locked by|\[409\] Conflict: Another update is currently in progress/;
const NO_STACK = /no stack named \S+ found/;
const EXISTS = /stack \S+ already exists/;
const LONGEST = 4000;

const NO_ROOM = /no space left on device|disk quota exceeded/i;

/** True when the state could not be read because another process was writing it. */
export function isHalfWritten(error: unknown): boolean {
  if (error instanceof EngineCommandError) return HALF_WRITTEN.test(error.stderr + error.stdout);
  return error instanceof Error && HALF_WRITTEN.test(error.message);
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

  /** Ids of those of whom something failed, "" for what is shared; none when the program itself failed. */
  get tenants(): string[] {
    return [...this.#tenants];
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
