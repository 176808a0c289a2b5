import type { Declared } from "../../policies/policy.ts";

const TENANT = "urn:pulumi:prod::tenant-edge::tenant-edge:index:Tenant$";
const ALONE = "urn:pulumi:prod::tenant-edge::";

/** A resource of a tenant's; `alone`: of no tenant's. */
export function declare(
  type: string,
  values: Declared["values"],
  { name = "acme-thing", alone = false, protect = false } = {},
): Declared {
  return { type, name, urn: `${alone ? ALONE : TENANT}${type}::${name}`, protect, values };
}
