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
export { type AddedShard, type AddShardOptions, addShard } from "./shards/addShard.ts";
export {
  type MovePlan,
  type MoveResult,
  type MoveTenantOptions,
  moveTenant,
  planMove,
} from "./shards/move/moveTenant.ts";
export { type OpenEnvironmentOptions, openEnvironment } from "./shards/openEnvironment.ts";
export {
  ShardOutcome,
  type ShardResult,
  type UpCall,
  type UpEvent,
  UpEventKind,
  type UpOptions,
  type UpResult,
} from "./shards/up/contract.ts";
export { upEnvironment } from "./shards/up/upEnvironment.ts";
