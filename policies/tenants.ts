/** Which resources are a tenant's. */
import type { Declared } from "./policy.ts";

const TENANT = /(?:::|\$)tenant-edge:index:Tenant\$/;

/** True below a component `Tenant`: a URN names the types of all parents. Pulumi documentation, "Resource names". */
export function isTenants({ urn }: Pick<Declared, "urn">): boolean {
  return TENANT.test(urn);
}
