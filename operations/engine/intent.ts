/** Compares what the engine would do with what an operation is for. */
import type { DeployedTenants } from "../../lifecycle/deployed.ts";
import { BucketFate } from "../../lifecycle/states.ts";
import { ResourceType } from "../../naming/resourceTypes.ts";
import type { Configuration } from "../context.ts";
import { ErrorCode, OperationError } from "../errors.ts";
import { BUCKET_TYPES, isDestructive, KEPT_WHILE_DISABLED, type Step } from "./steps.ts";

const TUNNEL_SECRET = "random:index/randomPassword:RandomPassword";

/** Steps that an error names, at most. */
const SHOWN = 20;

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
  keyGenerations: readonly number[];
  needsNetwork: boolean;
  entryDigest: string;
}

export function listedStates({ tenants }: Configuration): ListedState[] {
  return tenants.map(({ id, disabled, bucket, needsNetwork, entryDigest }) => ({
    id,
    isDisabled: disabled !== undefined,
    isBucketDeleted: disabled?.bucket === BucketFate.Deleted,
    keyGenerations: bucket?.keyGenerations ?? [],
    needsNetwork,
    entryDigest,
  }));
}

/** What the stack holds before. */
export interface Before {
  deployed: DeployedTenants;
  /** False after an update that did not end well: then the outputs say more than is there. */
  isSettled: boolean;
}

/**
 * Deletions that the list itself asks for: an operation that was interrupted is completed by the next one. What the
 * outputs say does not count against it, because they are written even when the update fails afterwards.
 */
function isExplained(step: Step, listed: ReadonlyMap<string, ListedState>, before: Before): boolean {
  const deployed = before.deployed.tenants.get(step.tenant);
  const after = listed.get(step.tenant);
  // One that is deployed and was never let go is lost by accident; the program refuses that, too.
  if (after === undefined) return deployed === undefined || deployed.disabled?.purge === true;
  // Its replacement is there already.
  if (step.action === "delete-replaced") return true;
  if (after.isDisabled && !KEPT_WHILE_DISABLED.has(step.type)) return true;
  if (after.isBucketDeleted && BUCKET_TYPES.has(step.type)) return true;
  if (step.type === ResourceType.token) {
    const [generation] = /(?<!\d)\d+$/.exec(step.name) ?? [];
    return generation !== undefined && !after.keyGenerations.includes(Number(generation));
  }
  return step.type === TUNNEL_SECRET && (!before.isSettled || after.entryDigest !== deployed?.entryDigest);
}

/** Tenants whose entry is the one that was deployed last: what is still to be done of them was let through then. */
export function unfinished({ tenants }: Pick<Configuration, "tenants">, deployed: DeployedTenants): string[] {
  return tenants.flatMap(({ id, entryDigest }) =>
    deployed.tenants.get(id)?.entryDigest === entryDigest ? [id] : [],
  );
}

/**
 * The steps that delete or replace something the operation is not for. Creations and updates of other tenants are no
 * concern: the list says so, and whoever changed it was checked then.
 */
export function unintended(
  steps: readonly Step[],
  intents: readonly Intent[],
  list: readonly ListedState[],
  before: Before,
): Step[] {
  const listed = new Map(list.map((tenant) => [tenant.id, tenant]));
  const networkMayGo = !list.some(({ needsNetwork }) => needsNetwork);
  return steps.filter((step) => {
    if (!isDestructive(step)) return false;
    if (step.tenant === "") return !networkMayGo;
    const isMeant = intents.some(
      ({ tenants, mayDestroy }) => tenants.includes(step.tenant) && mayDestroy?.(step.type) === true,
    );
    return !isMeant && !isExplained(step, listed, before);
  });
}

export function unintendedError(stack: string, steps: readonly Step[]): OperationError {
  const lines = steps.slice(0, SHOWN).map(({ action, type, name, tenant }) => {
    const owner = tenant === "" ? "" : ` of ${tenant}`;
    return `  ${action} ${name} (${type})${owner}`;
  });
  if (steps.length > SHOWN) lines.push(`  and ${steps.length - SHOWN} more`);
  return new OperationError(
    ErrorCode.UnintendedChanges,
    `it would also destroy what it is not for; nothing was changed:\n${lines.join("\n")}`,
    {
      ways: [
        `look at them: pulumi preview --stack ${stack} --diff`,
        "when they are meant, bring the stack there by `pulumi up` first; when not, put right what the stack file says",
      ],
    },
  );
}
