/** The operations as every surface sees them: the library, the command line and the HTTP service. */
import type { z } from "zod";
import * as schemas from "./schemas.ts";

/** What a call may do, for surfaces that grant scopes. */
export const Scope = { Read: "read", Operate: "operate", Secrets: "secrets" } as const;
export type Scope = (typeof Scope)[keyof typeof Scope];

/** One step of an operation that may take minutes. */
export interface ProgressEvent {
  /** RFC 3339. */
  time: string;
  kind: ProgressKind;
  /** For people; nothing in it is secret. */
  message: string;
  tenant?: string | undefined;
  /** Of `total`, where the step counts something. */
  done?: number | undefined;
  total?: number | undefined;
}

export const ProgressKind = {
  /** Waits for another operation, or for the lock of another process. */
  Waiting: "waiting",
  ListChanged: "list-changed",
  Previewing: "previewing",
  Previewed: "previewed",
  Updating: "updating",
  /** One resource was created, updated or deleted. */
  Resource: "resource",
  Updated: "updated",
  /** Waits for the reports of hosts. */
  Hosts: "hosts",
  Emptying: "emptying",
  Probing: "probing",
  Note: "note",
} as const;
export type ProgressKind = (typeof ProgressKind)[keyof typeof ProgressKind];

/** What may be given with every call. */
export interface Call {
  /** Aborting stops at the next safe point; the engine finishes what is under way. Running it again completes it. */
  signal?: AbortSignal | undefined;
  onProgress?: ((event: ProgressEvent) => void) | undefined;
  /** Who asks, for the audit. Default: the actor that the operations were opened with. */
  actor?: string | undefined;
  /** For the audit. */
  requestId?: string | undefined;
}

/** What an operation would do. Nothing in it is secret. */
export interface Plan {
  operation: OperationName;
  /** Empty for operations on no single tenant. */
  tenant: string;
  /** Values of the tenant's entry that would change, as JSON; "nothing" where there is none. */
  list: { path: string; before: string; after: string }[];
  /** Resources that the engine would create, update, replace or delete; tenant "" for what is shared. */
  steps: { tenant: string; type: string; name: string; action: string }[];
  /** What would be done besides, in words. */
  notes: string[];
}

interface Definition<I extends z.ZodType, R extends z.ZodType, C extends boolean> {
  /** One line, for help and documents. */
  summary: string;
  input: I;
  result: R;
  /** What a caller must be allowed. Results with secrets take `secrets`. */
  scope: Scope;
  /** False for operations that only look. */
  changes: C;
  /** Top-level fields of the result that are secret. */
  secrets: readonly string[];
}

function define<I extends z.ZodType, R extends z.ZodType, const C extends boolean>(
  definition: Definition<I, R, C>,
): Definition<I, R, C> {
  return definition;
}

/** Everything that can be asked of an environment. */
export const OPERATIONS = {
  enroll: define({
    summary: "Create a tenant, or give the same answer again",
    input: schemas.enrollInput,
    result: schemas.enrollResult,
    scope: Scope.Secrets,
    changes: true,
    secrets: ["tunnelToken", "secretAccessKey"],
  }),
  status: define({
    summary: "How a tenant is",
    input: schemas.statusInput,
    result: schemas.statusResult,
    scope: Scope.Read,
    changes: false,
    secrets: [],
  }),
  token: define({
    summary: "Read a tenant's tunnel token again",
    input: schemas.tokenInput,
    result: schemas.tokenResult,
    scope: Scope.Secrets,
    changes: false,
    secrets: ["token"],
  }),
  rotateKeys: define({
    summary: "Give a tenant's bucket a new key, and revoke the old one when the new one is in use",
    input: schemas.rotateKeysInput,
    result: schemas.rotateKeysResult,
    scope: Scope.Secrets,
    changes: true,
    secrets: ["secretAccessKey"],
  }),
  rotateTunnel: define({
    summary: "Give a tenant's tunnel a new secret",
    input: schemas.rotateTunnelInput,
    result: schemas.rotateTunnelResult,
    scope: Scope.Secrets,
    changes: true,
    secrets: ["token"],
  }),
  disable: define({
    summary: "Take a tenant out of service and keep its bucket for a time",
    input: schemas.disableInput,
    result: schemas.disableResult,
    scope: Scope.Operate,
    changes: true,
    secrets: [],
  }),
  enable: define({
    summary: "Bring a disabled tenant back, with new keys",
    input: schemas.enableInput,
    result: schemas.enrollResult,
    scope: Scope.Secrets,
    changes: true,
    secrets: ["tunnelToken", "secretAccessKey"],
  }),
  remove: define({
    summary: "Remove a tenant for good",
    input: schemas.removeInput,
    result: schemas.removeResult,
    scope: Scope.Operate,
    changes: true,
    secrets: [],
  }),
  expire: define({
    summary: "Remove disabled tenants and revoke old keys whose time is over",
    input: schemas.expireInput,
    result: schemas.expireResult,
    scope: Scope.Operate,
    changes: true,
    secrets: [],
  }),
  list: define({
    summary: "All tenants and their states",
    input: schemas.listInput,
    result: schemas.listResult,
    scope: Scope.Read,
    changes: false,
    secrets: [],
  }),
  sweepHealth: define({
    summary: "Probe the tenants, and restart what is down",
    input: schemas.sweepHealthInput,
    result: schemas.sweepHealthResult,
    scope: Scope.Operate,
    changes: true,
    secrets: [],
  }),
  sweepOrphans: define({
    summary: "Find what carries our mark and belongs to no tenant",
    input: schemas.sweepOrphansInput,
    result: schemas.sweepOrphansResult,
    scope: Scope.Operate,
    changes: true,
    secrets: [],
  }),
  repair: define({
    summary: "Mend what a killed run left: its lock, what it was doing, and what no state knows",
    input: schemas.repairInput,
    result: schemas.repairResult,
    scope: Scope.Operate,
    changes: true,
    secrets: [],
  }),
  usage: define({
    summary: "What each tenant used in a month",
    input: schemas.usageInput,
    result: schemas.usageResult,
    scope: Scope.Read,
    changes: false,
    secrets: [],
  }),
  history: define({
    summary: "What was done, by whom and when",
    input: schemas.historyInput,
    result: schemas.historyResult,
    scope: Scope.Read,
    changes: false,
    secrets: [],
  }),
} as const;

export type OperationName = keyof typeof OPERATIONS;
export type InputOf<N extends OperationName> = z.input<(typeof OPERATIONS)[N]["input"]>;
export type ResultOf<N extends OperationName> = z.output<(typeof OPERATIONS)[N]["result"]>;

/** The operations that change something, and can be planned without. */
export type ChangingOperation = {
  [N in OperationName]: (typeof OPERATIONS)[N]["changes"] extends true ? N : never;
}[OperationName];

/**
 * The operations on one stack. Each can be run again with the same input: what is done already is not done again, and
 * what was interrupted is completed. Changes of one stack happen one after another.
 *
 * Every method rejects with an OperationError whose `code` says what kind of failure it is.
 */
export type Operations = {
  [N in OperationName]: (input: InputOf<N>, call?: Call) => Promise<ResultOf<N>>;
} & {
  /** What an operation would do, by a preview of the engine; changes nothing. */
  plan<N extends ChangingOperation>(operation: N, input: InputOf<N>, call?: Call): Promise<Plan>;
  /** What the operations work on. */
  readonly target: { environment: string; stack: string; list: string };
  /** Calls that may still be made to Cloudflare's API now, by what all processes of this user know. */
  readonly budget: { left(): number };
  /** Waits for what is running, then lets go of everything. */
  close(): Promise<void>;
};
