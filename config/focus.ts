/** What one run of the program is told about tenants: for which it is, when it is not for all, and which arrive. */
import { type Output, RunError, secret } from "@pulumi/pulumi";
import { FOCUS, type Focus, isInFocus, LONGEST_FOCUS } from "../lifecycle/focus.ts";
import type { StackOutputs } from "./stackOutputs.ts";

function isFocus(value: unknown): value is Focus {
  if (typeof value !== "object" || value === null || !("tenants" in value) || !("until" in value))
    return false;
  return Array.isArray(value.tenants) && typeof value.until === "string";
}

/** @returns their ids; undefined for all. @throws RunError for one that is no longer valid: somebody has kept it. */
export function focusedTenants(value: unknown, now: Date): readonly string[] | undefined {
  return tenantsOfRun(FOCUS, value, now);
}

/** @param key without `tenant-edge:`. @returns undefined when the run was told none. @throws RunError as `focusedTenants`. */
export function tenantsOfRun(key: string, value: unknown, now: Date): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const left = isFocus(value) ? Date.parse(value.until) - now.getTime() : 0;
  if (isFocus(value) && left > 0 && left <= LONGEST_FOCUS) return value.tenants;
  throw new RunError(
    `tenant-edge:${key} is for one run of an operation, and stands in no stack file; nothing was changed. Take it out: pulumi config rm tenant-edge:${key}`,
  );
}

type Secrets = Record<string, Output<string> | null>;

export interface KeptOutputs {
  tenants: Record<string, unknown>;
  tenantSecrets: Record<string, Secrets>;
}

const entriesOf = (value: unknown) =>
  typeof value === "object" && value !== null ? Object.entries(value as Record<string, unknown>) : [];

/** What the last update has said of tenants that are not in focus, to be said again. */
export function keptOutputs(outputs: StackOutputs, focus: readonly string[] | undefined): KeptOutputs {
  if (focus === undefined) return { tenants: {}, tenantSecrets: {} };
  const others = (output: unknown) => entriesOf(output).filter(([id]) => !isInFocus(id, focus));
  const secrets = (values: unknown): Secrets =>
    Object.fromEntries(
      entriesOf(values).map(([key, value]) => [key, typeof value === "string" ? secret(value) : null]),
    );
  return {
    tenants: Object.fromEntries(others(outputs["tenants"])),
    tenantSecrets: Object.fromEntries(
      others(outputs["tenantSecrets"]).map(([id, values]) => [id, secrets(values)]),
    ),
  };
}
