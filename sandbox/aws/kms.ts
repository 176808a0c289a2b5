/** KMS keys of the account, as far as parameters are encrypted with them. */
import { AwsError } from "./operation.ts";
import type { AwsState } from "./state.ts";

export interface KeyRecord {
  /** UUID. */
  keyId: string;
  arn: string;
  /** `alias/…`, when the key has one. */
  alias?: string;
}

/** The key that SSM uses when the caller names none. Its key policy lets every principal of the account in. */
export const DEFAULT_SSM_KEY = "alias/aws/ssm";

/** The customer's key that a key id, key ARN, alias or alias ARN names; `undefined` for the default key. */
export function findKey(state: AwsState, name: string): KeyRecord | undefined {
  const local = name.replace(/^arn:aws:kms:[^:]*:[^:]*:/, "");
  if (local === DEFAULT_SSM_KEY) return undefined;
  const key = state.keys.find(
    (candidate) =>
      candidate.alias === local || candidate.keyId === local || `key/${candidate.keyId}` === local,
  );
  if (key !== undefined && (!name.startsWith("arn:") || name === key.arn || name.includes(":alias/")))
    return key;
  const prefix = `arn:aws:kms:${state.region}:${state.accountId}`;
  if (local.startsWith("alias/")) {
    throw new AwsError("InvalidKeyId", `Alias ${prefix}:${local} is not found.`);
  }
  throw new AwsError("InvalidKeyId", `Key '${prefix}:key/${local.replace(/^key\//, "")}' does not exist`);
}
