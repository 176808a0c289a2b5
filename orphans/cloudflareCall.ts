/** Calls of the official Cloudflare client. */
import type { Cloudflare } from "cloudflare";
import type { Accounts } from "./source.ts";

export type RequestOptions = { signal: AbortSignal | null };

export async function clientOf({ cloudflare, signal }: Accounts): Promise<{
  client: Cloudflare;
  options: RequestOptions;
}> {
  return { client: await cloudflare.client(), options: { signal: signal ?? null } };
}

/** Deletes; what is gone already is deleted. */
export async function deleteIfThere(deletion: PromiseLike<unknown>): Promise<void> {
  try {
    await deletion;
  } catch (error) {
    if (!hasStatus(error, 404)) throw error;
  }
}

export function hasStatus(error: unknown, ...statuses: number[]): boolean {
  return (
    error instanceof Error &&
    "status" in error &&
    typeof error.status === "number" &&
    statuses.includes(error.status)
  );
}
