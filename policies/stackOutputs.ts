import type { Declared } from "./policy.ts";

/** What the program exports under this name, as far as it is known. */
export function stackOutput(resources: readonly Declared[], name: string): unknown {
  return resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.values[name];
}
