/** What an operation is asked for, before anything is done about it. */
import { type InputOf, OPERATIONS, type OperationName } from "./contract.ts";
import { ErrorCode, OperationError } from "./errors.ts";

/** @throws OperationError invalid-input with every problem. */
export function checkInput<N extends OperationName>(name: N, input: InputOf<N>): InputOf<N> {
  const result = OPERATIONS[name].input.safeParse(input);
  if (result.success) return input;
  const problems = result.error.issues.map(({ path, message }) => ({
    path: path.map(String).join("."),
    message,
  }));
  const lines = problems.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  throw new OperationError(ErrorCode.InvalidInput, `${name} cannot be done like this: ${lines.join("; ")}`, {
    problems,
  });
}
