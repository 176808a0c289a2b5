import type { CheckFailure, Properties } from "../resourceType.ts";

/** What the real provider says about a length below one. */
export function lengthFailures(inputs: Properties, context: { name: string }): CheckFailure[] {
  const { length } = inputs;
  if (length === undefined || Number(length) >= 1) return [];
  const reason = `Attribute length value must be at least 1, got: ${length}`;
  return [
    {
      property: "",
      reason: `Invalid Attribute Value. ${reason}. Examine values at '${context.name}.length'.`,
    },
  ];
}
