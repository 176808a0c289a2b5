/** A tenant's life by the command, operation by operation. */
import type { Measured } from "./moments.ts";

export interface OperationStep extends Measured {
  /** As on the command line. */
  args: readonly string[];
}

const TENANT = "globex";

export const OPERATIONS_LIFE: readonly OperationStep[] = [
  { args: ["enroll", TENANT, "--no-host"], calls: 13, seconds: 5 },
  { args: ["rotate-keys", TENANT, "--to", "2", "--overlap-hours", "0"], calls: 6, seconds: 7 },
  { args: ["rotate-tunnel", TENANT, "--to", "2"], calls: 5, seconds: 5 },
  { args: ["disable", TENANT], calls: 8, seconds: 5 },
  { args: ["enable", TENANT], calls: 8, seconds: 5 },
  { args: ["remove", TENANT, "--purge", "--empty-bucket"], calls: 14, seconds: 8 },
];
