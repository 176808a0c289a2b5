/** Refusals that many operations share. */
import { AwsError } from "./operation.ts";

/** The value of a required parameter. Throws MissingParameter when the call left it out. */
export function required<T>(value: T | undefined, parameter: string): T {
  if (value === undefined || value === "") {
    throw new AwsError("MissingParameter", `The request must contain the parameter ${parameter}`);
  }
  return value;
}

/** The record, or AWS's error for one that does not exist. */
export function existing<T>(record: T | undefined, code: string, message: string, statusCode = 400): T {
  if (record === undefined) throw new AwsError(code, message, statusCode);
  return record;
}

/**
 * Refuses parameters that the emulator does not model: silently ignoring one would make a sandbox run pass
 * where a real one behaves differently.
 */
export function refuseUnmodelled(input: object, modelled: readonly string[]): void {
  for (const [parameter, value] of Object.entries(input)) {
    if (value !== undefined && !modelled.includes(parameter)) {
      throw new AwsError("UnsupportedOperation", `The sandbox does not emulate the parameter ${parameter}`);
    }
  }
}

/** Throws InvalidParameterValue unless the value, where one is given, is one of the choices. */
export function checkChoice(parameter: string, value: string | undefined, choices: readonly string[]): void {
  if (value === undefined || choices.includes(value)) return;
  throw invalidParameterValue(
    `Value (${value}) for parameter ${parameter} is invalid. Valid values are ${choices.join(", ")}.`,
  );
}

export function dependencyViolation(kind: string, id: string): AwsError {
  return new AwsError("DependencyViolation", `The ${kind} '${id}' has dependencies and cannot be deleted.`);
}

export function invalidParameterValue(message: string): AwsError {
  return new AwsError("InvalidParameterValue", message);
}
