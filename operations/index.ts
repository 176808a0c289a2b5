/** The library: `import { openOperations } from "tenant-edge/operations"`. */
export {
  Cloud,
  Condition,
  LeftoverKind,
  NetworkKind,
  OrphanKind,
  SweepAction,
  TenantState,
} from "./choices.ts";
export type {
  Call,
  ChangingOperation,
  InputOf,
  OperationName,
  Operations,
  Plan,
  ProgressEvent,
  ResultOf,
} from "./contract.ts";
export { OPERATIONS, ProgressKind, Scope } from "./contract.ts";
export { ErrorCode, type ErrorDetails, OperationError } from "./errors.ts";
export { type OpenOptions, openOperations } from "./open.ts";
