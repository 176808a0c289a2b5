/** What operations refuse because of the state that a tenant is in. */
import type { TenantConfig } from "../config/schema.ts";
import { type Event, Refusal, type State, transition } from "../lifecycle/states.ts";
import { ErrorCode, OperationError } from "./errors.ts";
import type { FoundTenant } from "./findTenant.ts";

export function stateOf(entry: TenantConfig | undefined): State {
  if (entry === undefined) return { kind: "absent" };
  return entry.disabled === undefined ? { kind: "active" } : { kind: "disabled", ...entry.disabled };
}

/** The tenant's entry in the list. */
export function entryOf({
  configuration,
  id,
}: Pick<FoundTenant, "configuration" | "id">): TenantConfig | undefined {
  return configuration.entries.find((entry) => entry.id === id);
}

/** @throws OperationError tenant-disabled. */
export function refuseDisabled(found: Pick<FoundTenant, "configuration" | "id">): void {
  const disabled = entryOf(found)?.disabled;
  if (disabled === undefined) return;
  throw new OperationError(ErrorCode.TenantDisabled, `${found.id} is disabled since ${disabled.since}`, {
    ways: [`tenant-edge enable ${found.id}`],
  });
}

const EXPLANATIONS: Record<Refusal, (id: string, state: State) => OperationError> = {
  [Refusal.NotThere]: (id) =>
    new OperationError(ErrorCode.TenantNotFound, `there is no tenant ${id} in the list`),
  [Refusal.Disabled]: (id) =>
    new OperationError(ErrorCode.TenantDisabled, `${id} is disabled`, { ways: [`tenant-edge enable ${id}`] }),
  [Refusal.NotDisabled]: (id) =>
    new OperationError(ErrorCode.NotAllowedNow, `${id} is active: only a disabled tenant may be removed`, {
      ways: [
        `tenant-edge disable ${id} keeps its bucket for the retention, after which it may be removed`,
        `tenant-edge remove ${id} --purge removes it now`,
      ],
    }),
  [Refusal.RetentionNotOver]: (id, state) =>
    new OperationError(
      ErrorCode.NotAllowedNow,
      `the bucket of ${id} is kept until ${state.kind === "disabled" ? state.keepUntil : "later"}`,
      { ways: [`tenant-edge remove ${id} --purge does not wait for that`] },
    ),
  [Refusal.NotPurged]: (id) =>
    new OperationError(ErrorCode.NotAllowedNow, `${id} may not go yet`, {
      ways: [`tenant-edge remove ${id}`],
    }),
  [Refusal.NotReleased]: (id) =>
    new OperationError(ErrorCode.NotAllowedNow, `the bucket of ${id} is still protected`, {
      ways: [`tenant-edge disable ${id} --delete-bucket releases it first`],
    }),
};

/** Where the events lead, one after another. @throws OperationError for the first one that is refused. */
export function after(id: string, state: State, ...events: readonly Event[]): State {
  return events.reduce((present, event) => {
    const { state: next, refusal } = transition(present, event);
    if (refusal !== undefined) throw EXPLANATIONS[refusal](id, present);
    return next;
  }, state);
}
