import type { ChangingOperation } from "../operations/contract.ts";

/**
 * What of an operation destroys data, in words: a person confirms it with a name instead of a mere yes.
 *
 * @param tenant that it is done to; empty where it concerns the whole stack. @returns undefined when it can be undone.
 */
export function irreversible(name: ChangingOperation, input: object, tenant: string): string | undefined {
  const isTold = (field: string) => Reflect.get(input, field) === true;
  if (name === "remove") return `This removes ${tenant} for good.`;
  if (name === "disable" && isTold("deleteBucket")) {
    return `This deletes the bucket of ${tenant} with all its objects.`;
  }
  if (name === "expire" && isTold("emptyBuckets")) {
    return "This deletes all objects of the buckets whose time is over.";
  }
  if (name === "sweepOrphans") return "This deletes for good what is listed above.";
  return undefined;
}
