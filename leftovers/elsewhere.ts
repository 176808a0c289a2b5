/** Which tenants belong to other stacks of the environment. */
import { tenantNames } from "../naming/names.ts";
import type { StackContents } from "../orphans/known.ts";
import { namePrefix, parameterPath } from "../orphans/mark.ts";

/** Any environment's, by `naming/names.ts`. */
const OUR_NAME = /^(?:te-[a-z0-9]+-|\/tenant-edge\/)/;

/**
 * Tenants that the stack has, or is making: its outputs name only those of its last update. None for a stack of another
 * environment, which may have tenants of the same ids.
 */
export function tenantsOf(environment: string, contents: StackContents): string[] {
  const { deployed, held, pending } = contents;
  const named = [...deployed.tenants].flatMap(([id, { tunnelName }]) =>
    tunnelName === tenantNames(environment, id).tunnel ? [id] : [],
  );
  const unnamed = isOtherEnvironment(environment, contents)
    ? []
    : [...held, ...pending].flatMap(({ tenant }) => (tenant === "" ? [] : [tenant]));
  return [...deployed.unreadable, ...named, ...unnamed];
}

/** False also when nothing in it tells. */
function isOtherEnvironment(environment: string, { deployed, resourceIds }: StackContents): boolean {
  const names = [
    ...[...deployed.tenants.values()].map(({ tunnelName }) => tunnelName),
    ...[...resourceIds].filter((id) => OUR_NAME.test(id)),
  ];
  const isOurs = (name: string) =>
    name.startsWith(namePrefix(environment)) || name.startsWith(`${parameterPath(environment)}/`);
  return names.length > 0 && !names.some(isOurs);
}
