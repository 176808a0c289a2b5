import { ErrorCode, OperationError } from "../operations/errors.ts";

/** The command was called in a way that means nothing: nothing was done. */
export class UsageError extends OperationError {
  constructor(
    message: string,
    ways: readonly string[] = [],
    problems: readonly { path: string; message: string }[] = [],
  ) {
    super(ErrorCode.InvalidInput, message, { ways, problems });
    this.name = "UsageError";
  }
}
