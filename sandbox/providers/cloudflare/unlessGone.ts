import type { OperationContext, Properties } from "../resourceType.ts";
import { CloudflareCallError } from "./api.ts";

/**
 * `gone` where a refresh is answered with 404: the resource is dropped from the state, with a warning.
 * An import (an empty state) of something that is not there is an error.
 */
export async function unlessGone<T>(
  reading: Promise<T>,
  state: Properties,
  context: OperationContext,
): Promise<T | "gone"> {
  try {
    return await reading;
  } catch (error) {
    const gone = error instanceof CloudflareCallError && error.status === 404;
    if (!gone || Object.keys(state).length === 0) throw error;
    context.warn(
      "[WARNING] The resource was not found on the server and will be removed from state.: Resource not found",
    );
    return "gone";
  }
}
