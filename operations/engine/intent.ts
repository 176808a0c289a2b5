/** Compares what the engine would do with what an operation is for. */
import type { DeployedTenants } from "../../lifecycle/deployed.ts";
import { BUCKET_TYPES, isDestructive, type Step } from "./steps.ts";

/** Keys and tunnel secrets: what a rotation drops. */
const ROTATED = new Set([
  "cloudflare:index/accountToken:AccountToken",
  "random:index/randomPassword:RandomPassword",
]);

/** What an operation is for. */
export interface Intent {
  /** Ids of the tenants that it is about. */
  tenants: readonly string[];
  /** Of which types it may delete or replace resources of these tenants. Default: none. */
  mayDestroy?: ((type: string) => boolean) | undefined;
}

/** The list that would be deployed, as far as it explains deletions. */
export interface ListedState {
  id: string;
  isDisabled: boolean;
  /** Its bucket was emptied to be deleted. */
  isBucketDeleted: boolean;
  needsNetwork: boolean;
  entryDigest: string;
}

/** Deletions that the list itself asks for: an operation that was interrupted is completed by the next one. */
function isExplained(
  step: Step,
  listed: ReadonlyMap<string, ListedState>,
  { tenants }: DeployedTenants,
): boolean {
  const before = tenants.get(step.tenant);
  const after = listed.get(step.tenant);
  if (before === undefined) return false;
  if (after === undefined) return before.disabled?.purge === true;
  const isPending = after.entryDigest !== before.entryDigest;
  const becomesDisabled = after.isDisabled && before.disabled === null;
  const isBucketMeant = after.isBucketDeleted && BUCKET_TYPES.has(step.type);
  return isPending && (becomesDisabled || isBucketMeant || ROTATED.has(step.type));
}

/**
 * The steps that delete or replace something the operation is not for. Creations and updates of other tenants are no
 * concern: the list says so, and whoever changed it was checked then.
 */
export function unintended(
  steps: readonly Step[],
  intents: readonly Intent[],
  list: readonly ListedState[],
  deployed: DeployedTenants,
): Step[] {
  const listed = new Map(list.map((tenant) => [tenant.id, tenant]));
  const networkMayGo = !list.some(({ needsNetwork }) => needsNetwork);
  return steps.filter((step) => {
    if (!isDestructive(step)) return false;
    if (step.tenant === "") return !networkMayGo;
    const isMeant = intents.some(
      ({ tenants, mayDestroy }) => tenants.includes(step.tenant) && mayDestroy?.(step.type) === true,
    );
    return !isMeant && !isExplained(step, listed, deployed);
  });
}
