/** A bucket gets a new key, and the old one is revoked when the new one is in use. */
import { added, nextGeneration, Refused, targetGeneration } from "../lifecycle/keyGenerations.ts";
import { ResourceType } from "../naming/resourceTypes.ts";
import { credentialsOf, deployedAnswer } from "./answers.ts";
import type { Change } from "./change.ts";
import type { BringOptions, Configuration, OperationContext } from "./context.ts";
import type { Call, InputOf, ResultOf } from "./contract.ts";
import { editEntry, withKeys } from "./entries.ts";
import { ErrorCode, OperationError } from "./errors.ts";
import { type FoundTenant, findTenant } from "./findTenant.ts";
import { awaitReports } from "./hosts/awaitReports.ts";
import { entryOf, refuseDisabled } from "./refusals.ts";

type Input = InputOf<"rotateKeys">;

const HOUR = 3_600_000;

function refused(
  id: string,
  generations: readonly number[],
  wish: number | undefined,
  why: Refused,
): OperationError {
  const current = generations.at(-1) ?? 1;
  return why === Refused.NotNext
    ? new OperationError(
        ErrorCode.NotAllowedNow,
        `${id} has generation ${current} of its key: ${wish} is neither that nor the next`,
        {
          ways: [
            `rotate to ${current} (which changes nothing, or ends a rotation) or to ${nextGeneration(generations)}`,
          ],
        },
      )
    : new OperationError(
        ErrorCode.NotAllowedNow,
        `${id} has ${generations.length} keys, the most there may be`,
        {
          ways: [`end the rotation first: tenant-edge rotate-keys ${id} --to ${current}`],
        },
      );
}

function generationsOf(configuration: Configuration, id: string): number[] {
  return entryOf({ configuration, id })?.bucket.keyGenerations ?? [];
}

/** Fixed when the operation is asked for: two callers at once mean the same one. */
function targetOf(found: FoundTenant, { to }: Input): number {
  const { id, configuration } = found;
  refuseDisabled(found);
  if (entryOf(found)?.bucket.enabled === false) {
    throw new OperationError(ErrorCode.NoBucket, `${id} has no bucket, so it has no key`);
  }
  const generations = generationsOf(configuration, id);
  const { target, refused: why } = targetGeneration(generations, to);
  if (why !== undefined) throw refused(id, generations, to, why);
  return target;
}

/** Only where no host of ours tells when the new key is in use. */
function overlapEnd(
  context: OperationContext,
  found: FoundTenant,
  { overlapHours }: Input,
): string | undefined {
  if (found.listed?.host !== undefined) return undefined;
  const hours = overlapHours ?? found.configuration.settings.lifecycle.keyOverlapHours;
  return hours === 0 ? undefined : new Date(context.now().getTime() + hours * HOUR).toISOString();
}

function addChange(id: string, target: number, oldKeysUntil: string | undefined): BringOptions {
  return {
    message: `add key ${target} of ${id}`,
    tenants: [id],
    edit: (document, configuration) => {
      refuseDisabled({ configuration, id });
      const generations = generationsOf(configuration, id);
      if (generations.includes(target)) return;
      editEntry(document, id, (entry) => withKeys(entry, added(generations, target), oldKeysUntil));
    },
  };
}

/** Revokes all generations but this one, when it is the current one. */
export function dropChange(id: string, target: number): BringOptions {
  return {
    message: `revoke the old keys of ${id}`,
    tenants: [id],
    mayDestroy: (type) => type === ResourceType.token,
    edit: (document, configuration) => {
      const generations = generationsOf(configuration, id);
      if (generations.at(-1) !== target || generations.length === 1) return;
      editEntry(document, id, (entry) => withKeys(entry, [target]));
    },
  };
}

export async function rotateKeysChange(context: OperationContext, input: Input): Promise<Change> {
  const found = await findTenant(context, input);
  const target = targetOf(found, input);
  const end = overlapEnd(context, found, input);
  return {
    tenant: found.id,
    notes: [
      found.listed?.host !== undefined
        ? "then waits until every host reports the new key, and revokes the old ones"
        : end === undefined
          ? "then revokes the old keys at once"
          : `the old keys stay valid until ${end}; \`tenant-edge expire\` revokes them after that`,
    ],
    change: addChange(found.id, target, end),
  };
}

/**
 * Again with the same `to`, it changes nothing, or ends what was interrupted.
 *
 * @throws OperationError tenant-not-found, tenant-disabled, no-bucket; not-allowed-now for a generation that is neither
 * the current one nor the next; hosts-not-ready, with both keys valid; those of the engine.
 */
export async function rotateKeys(
  context: OperationContext,
  input: Input,
  call: Call,
): Promise<ResultOf<"rotateKeys">> {
  const found = await findTenant(context, input, call.signal);
  const { id } = found;
  const target = targetOf(found, input);
  const hasHosts = found.listed?.host !== undefined;
  const oldKeys = generationsOf(found.configuration, id).filter((generation) => generation !== target);

  await context.bring(addChange(id, target, overlapEnd(context, found, input)), call);
  if (hasHosts) {
    const minutes = found.configuration.settings.lifecycle.hostWaitMinutes;
    await awaitReports(
      context,
      id,
      { what: `key ${target}`, minutes, again: `tenant-edge rotate-keys ${id} --to ${target}` },
      ({ keyGeneration }) => keyGeneration >= target,
      call,
    );
  }
  if (hasHosts || isOver(context, await context.configuration(call.signal), id, input)) {
    await context.bring(dropChange(id, target), call);
  }

  const configuration = await context.configuration(call.signal);
  const keyGenerations = generationsOf(configuration, id);
  return {
    tenant: id,
    ...credentialsOf(await deployedAnswer(context, id)),
    keyGenerations,
    revoked: oldKeys.filter((generation) => !keyGenerations.includes(generation)),
    oldKeysUntil: entryOf({ configuration, id })?.bucket.oldKeysUntil ?? null,
  };
}

/** True when nobody needs the old keys any more: their time is over, or there was to be none. */
function isOver(
  { now }: OperationContext,
  configuration: Configuration,
  id: string,
  { overlapHours }: Input,
): boolean {
  const until = entryOf({ configuration, id })?.bucket.oldKeysUntil;
  return overlapHours === 0 || until === undefined || Date.parse(until) <= now().getTime();
}
