/** Every call that was made, oldest first. */
export interface LoggedCall {
  /** `ec2:CreateVpc` */
  operation: string;
  /** ARN of the caller. */
  caller: string;
  /** AWS's error code, when the call was refused. */
  error?: string;
}

/** Calls kept; the marks of older ones stay valid, the calls themselves are dropped. */
const MAXIMUM_CALLS = 100_000;

export class CallLog {
  #calls: LoggedCall[] = [];
  #dropped = 0;

  record(call: LoggedCall): void {
    this.#calls.push(call);
    if (this.#calls.length <= 2 * MAXIMUM_CALLS) return;
    this.#dropped += this.#calls.length - MAXIMUM_CALLS;
    this.#calls = this.#calls.slice(-MAXIMUM_CALLS);
  }

  /** A point in time to give to `since`. */
  mark(): number {
    return this.#dropped + this.#calls.length;
  }

  since(mark: number): LoggedCall[] {
    return this.#calls.slice(Math.max(0, mark - this.#dropped));
  }
}
