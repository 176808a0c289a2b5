/** What to tell an operator whose bucket could not be deleted. */

/** Cloudflare's code for a bucket that has objects or unfinished uploads in it. */
const NOT_EMPTY = /"code":\s*10008\b|not empty/i;

export function notEmptyExplanation(newestError: string): string | undefined {
  if (!NOT_EMPTY.test(newestError)) return undefined;
  return (
    "the bucket still has objects (or unfinished multipart uploads) in it. Nothing in it was touched. To keep the data, " +
    "leave the tenant in the stack file or copy the objects elsewhere; to give the data up, delete the objects first " +
    "(dashboard: R2, the bucket, Settings, Empty bucket; or a lifecycle rule that expires everything) and run the same command again."
  );
}
