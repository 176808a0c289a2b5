import type { Output } from "@pulumi/pulumi";

function isIncomplete(value: unknown): boolean {
  if (value === undefined) return true;
  return Array.isArray(value) && value.some(isIncomplete);
}

/**
 * A value computed from outputs, or nothing while one of them is missing.
 *
 * When the program takes part in a destroy, it also registers resources that an earlier, interrupted destroy has
 * already deleted. The engine gives those no outputs at all (not even unknown ones), and nothing will ever be made
 * of what would be computed from them.
 */
export function derived<Value, Result>(
  value: Output<Value>,
  compute: (value: Value) => Result,
): Output<Result> {
  return value.apply((known) =>
    isIncomplete(known) ? (undefined as Result) : compute(known as Value),
  ) as Output<Result>;
}
