/** A move that neither goes on nor back by itself: somebody has to look first. */
import { ErrorCode, OperationError } from "../../errors.ts";

export class MoveStopped extends OperationError {
  constructor(message: string, ways: readonly string[]) {
    super(ErrorCode.NotAllowedNow, message, { ways });
    this.name = "MoveStopped";
  }
}
