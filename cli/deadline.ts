/** `--timeout`. */
import { ErrorCode, OperationError } from "../operations/errors.ts";

/** The user's own bound was reached. What was under way was finished. */
export class TimedOutError extends OperationError {
  constructor(seconds: number, cause: unknown) {
    super(ErrorCode.Aborted, `Stopped after ${seconds} s, as --timeout says.`, {
      ways: ["Run the same command again: it goes on where this one stopped."],
      cause,
    });
    this.name = "TimedOutError";
  }
}

/**
 * Gives work a signal that ends with the first interrupt, or after so many seconds.
 *
 * @throws TimedOutError when the work rejects after that time; whatever the work throws.
 */
export async function withDeadline<T>(
  seconds: number | undefined,
  interrupt: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (seconds === undefined) return work(interrupt);
  const end = AbortSignal.timeout(seconds * 1000);
  try {
    return await work(AbortSignal.any([interrupt, end]));
  } catch (error) {
    throw end.aborted && !interrupt.aborted ? new TimedOutError(seconds, error) : error;
  }
}
