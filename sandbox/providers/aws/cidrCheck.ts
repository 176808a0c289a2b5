import { formatCidr, parseCidr } from "../../aws/cidr.ts";
import type { CheckFailure, Properties } from "../resourceType.ts";

/** A failure unless the argument is an IPv4 CIDR block without bits after its prefix, of an allowed length. */
export function cidrFailures(inputs: Properties, name: string, shortest = 0, longest = 32): CheckFailure[] {
  const text: unknown = inputs[name];
  if (text === undefined) return [];
  const block = typeof text === "string" ? parseCidr(text) : undefined;
  if (block === undefined) return [{ property: name, reason: `"${text}" is not a valid IPv4 CIDR block` }];
  if (formatCidr(block) !== text) {
    const reason = `"${text}" is not a valid IPv4 CIDR block; did you mean "${formatCidr(block)}"?`;
    return [{ property: name, reason }];
  }
  if (block.prefixLength >= shortest && block.prefixLength <= longest) return [];
  const reason = `expected "${text}" to contain a network Value with between ${shortest} and ${longest} significant bits, got: ${block.prefixLength}`;
  return [{ property: name, reason }];
}
