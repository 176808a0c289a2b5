/** How the providers say that there is something of this name already. */
import { OrphanKind } from "../operations/choices.ts";

/** Tunnel 1013; record 81053, 81054, 81057 and 81058; bucket 10004. AWS's codes are those of SSM, IAM and EC2. */
const TAKEN: Readonly<Partial<Record<OrphanKind, RegExp>>> = {
  [OrphanKind.Tunnel]: /"code":\s*1013\b/,
  [OrphanKind.Record]: /"code":\s*(?:81053|81054|81057|81058)\b/,
  [OrphanKind.Bucket]: /"code":\s*10004\b/,
  [OrphanKind.Parameter]: /\bParameterAlreadyExists\b/,
  [OrphanKind.Role]: /\bEntityAlreadyExists\b/,
  [OrphanKind.InstanceProfile]: /\bEntityAlreadyExists\b/,
  [OrphanKind.SecurityGroup]: /\bInvalidGroup\.Duplicate\b/,
};

/** @param error the provider's text. */
export function isTaken(kind: OrphanKind, error: string): boolean {
  return TAKEN[kind]?.test(error) === true;
}
