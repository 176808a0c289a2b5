/** Calls an operation by its name. */
import {
  type Call,
  type ChangingOperation,
  type InputOf,
  OPERATIONS,
  type Operations,
  type ResultOf,
} from "../../operations/contract.ts";

type Calls = { [N in ChangingOperation]: (input: InputOf<N>, call?: Call) => Promise<ResultOf<N>> };

/** An operation that changes something, and what it is asked with. */
export interface Ask<N extends ChangingOperation = ChangingOperation> {
  operation: N;
  input: InputOf<N>;
}

const names = Object.keys(OPERATIONS) as (keyof typeof OPERATIONS)[];

/** The operations that are run under an id of their own; what only looks is answered at once. */
export const CHANGING = names.filter((name): name is ChangingOperation => OPERATIONS[name].changes);

/** @returns the result with nothing in it that the contract does not name. */
export async function invoke<N extends ChangingOperation>(
  operations: Operations,
  { operation, input }: Ask<N>,
  call: Call,
): Promise<ResultOf<N>> {
  const calls: Calls = operations;
  const checked = OPERATIONS[operation].input.parse(input) as InputOf<N>;
  return OPERATIONS[operation].result.parse(await calls[operation](checked, call)) as ResultOf<N>;
}

export function hasSecrets(operation: ChangingOperation): boolean {
  return OPERATIONS[operation].secrets.length > 0;
}
