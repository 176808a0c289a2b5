/** Calls of AWS's official clients. */

/** What says in EC2, IAM and SSM that a thing is gone already. */
const GONE = new Set([
  "InvalidInstanceID.NotFound",
  "InvalidGroup.NotFound",
  "NoSuchEntity",
  "NoSuchEntityException",
  "ParameterNotFound",
]);

export function isGone(error: unknown): boolean {
  return error instanceof Error && GONE.has(error.name);
}

/** Deletes; what is gone already is deleted. */
export async function deleteIfThere(deletion: PromiseLike<unknown>): Promise<void> {
  try {
    await deletion;
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** As the clients take it. */
export function options(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}
