/**
 * The names that the upstream (Terraform) provider has for arguments; the real provider's error texts show them.
 */
import type { PathStep } from "./argumentPath.ts";

export function upstreamName(name: string, exceptions: Readonly<Record<string, string>> = {}): string {
  return exceptions[name] ?? name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

export function upstreamPath(
  steps: readonly PathStep[],
  exceptions: Readonly<Record<string, string>> = {},
): string {
  let path = "";
  for (const step of steps) {
    if (typeof step === "number") path += `[${step}]`;
    else path += (path === "" ? "" : ".") + upstreamName(step, exceptions);
  }
  return path;
}
