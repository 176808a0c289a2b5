/** Operations by their names, where one function makes them all. */
import {
  type Call,
  type InputOf,
  OPERATIONS,
  type OperationName,
  type Operations,
  type ResultOf,
} from "./contract.ts";

/** @param make makes the operation of a name. */
export function byName(
  make: <N extends OperationName>(name: N) => (input: InputOf<N>, call?: Call) => Promise<ResultOf<N>>,
): Pick<Operations, OperationName> {
  const names = Object.keys(OPERATIONS) as OperationName[];
  // TypeScript loses which belongs to which.
  return Object.fromEntries(names.map((name) => [name, make(name)])) as unknown as Pick<
    Operations,
    OperationName
  >;
}
