/** What happens when something could not be created, changed or deleted: what can be mended is, and tried again. */
import type { ErrorHookArgs, ResourceHookArgs } from "@pulumi/pulumi";
import { notEmptyExplanation } from "../bucket/deleteExplanation.ts";
import { because } from "../clients/failureText.ts";
import { pauseWhenLimited } from "../clients/rateLimited.ts";
import { type Finding, Outcome } from "../leftovers/finding.ts";
import { KIND_OF, NETWORK_KIND_OF } from "../leftovers/kinds.ts";
import { isPlaceTaken } from "../leftovers/placeTaken.ts";
import { isTaken } from "../leftovers/taken.ts";
import { OrphanKind } from "../operations/choices.ts";
import { pauseBeforeRetry } from "../tunnel/deleteRetry.ts";
import { TAKEN_ADVICE } from "../tunnel/recordExplanation.ts";
import { mayBeThereTwice, revokeKeyTwins, settleLeftover } from "./creationLeftovers.ts";
import type { KnownRecords } from "./knownRecords.ts";

/** How often something is removed for the same creation. */
const ATTEMPTS = 3;
/** What was deleted a moment ago may count for a moment longer. Milliseconds. */
const PAUSE = 1_000;

/** What the Cloudflare provider says of a deletion. */
const GONE = /\bDELETE "[^"]*": 404 Not Found\b/;

export interface FailureClock {
  /** Milliseconds since the resource's operation began, as far as it is known. */
  elapsed(urn: string): number;
  pause(milliseconds: number): Promise<void>;
  /** Shows a line to the operator. */
  note(text: string): Promise<void>;
  /** Shows what went wrong. */
  complain(text: string): Promise<void>;
}

/** What the engine can take over; other things are as quickly made again. */
const IMPORTED: ReadonlySet<OrphanKind> = new Set([OrphanKind.Tunnel, OrphanKind.Bucket]);

/** Error hook of every resource. @returns whether the engine should try again. */
export async function onFailure(
  args: ErrorHookArgs,
  records: KnownRecords,
  clock: FailureClock,
): Promise<boolean> {
  const kind = KIND_OF[args.type];
  const elapsed = clock.elapsed(args.urn);
  if (kind === OrphanKind.Record) records.tell(args.name, args.id);
  // Also before another attempt: one that was refused may have followed one whose answer was lost.
  if (kind === OrphanKind.Token && args.failedOperation === "create") {
    if (!(await areTwinsRevoked(args, undefined, elapsed, clock))) return false;
  }
  const pause = pauseWhenLimited(args.errors, elapsed);
  if (pause !== undefined) {
    await clock.note(`${args.name}: Cloudflare's limit is reached; trying again in ${pause / 1000} s`);
    await clock.pause(pause);
    return true;
  }
  if (args.failedOperation === "delete") return await onFailedDeletion(kind, args, clock);
  return args.failedOperation === "create" && (await onFailedCreation(kind, args, records, elapsed, clock));
}

async function onFailedDeletion(
  kind: OrphanKind | undefined,
  { errors, name }: ErrorHookArgs,
  clock: FailureClock,
): Promise<boolean> {
  if (GONE.test(errors[0] ?? "")) {
    await clock.complain(
      `${name}: it was deleted before, by hand or by an attempt whose answer was lost, and is still in the state. ` +
        "tenant-edge repair takes it out; then run the same command again.",
    );
    return false;
  }
  if (kind === OrphanKind.Bucket) {
    const explanation = notEmptyExplanation(errors[0] ?? "");
    if (explanation !== undefined) await clock.complain(`${name}: ${explanation}`);
  }
  if (kind !== OrphanKind.Tunnel) return false;
  const seconds = pauseBeforeRetry(errors);
  if (seconds === undefined) return false;
  await clock.note(`${name}: the tunnel still has connections; trying again in ${seconds} s`);
  await clock.pause(seconds * 1000);
  return true;
}

async function onFailedCreation(
  kind: OrphanKind | undefined,
  args: ErrorHookArgs,
  records: KnownRecords,
  elapsed: number,
  clock: FailureClock,
): Promise<boolean> {
  const [newest = ""] = args.errors;
  const networkKind = NETWORK_KIND_OF[args.type];
  if (networkKind !== undefined && isPlaceTaken(networkKind, newest)) {
    await clock.complain(
      `${args.name}: the network has something in its place already. When an update was interrupted while it made that, ` +
        "tenant-edge repair removes it; then run the same command again.",
    );
    return false;
  }
  if (kind === undefined || kind === OrphanKind.Token || args.errors.length > ATTEMPTS) return false;
  const isNameTaken = isTaken(kind, newest);
  if (!isNameTaken && !mayBeThereTwice(kind)) return false;
  let finding: Finding;
  try {
    finding = await settleLeftover(kind, args, records, elapsed);
  } catch (error) {
    await clock.complain(
      `${args.name}: whether there is a leftover of it could not be looked up: ${because(error)}`,
    );
    return false;
  }
  if (finding.outcome === Outcome.kept) {
    await clock.complain(
      `${args.name}: ${finding.text}. Nothing of it was touched. ${advice(kind, args, finding)}`,
    );
    return false;
  }
  if (finding.outcome === Outcome.absent) {
    if (!isNameTaken) return false;
    await clock.pause(PAUSE);
    return true;
  }
  await clock.note(
    `${args.name}: ${finding.text} was there already, made by an update that was interrupted, and in no use: it was removed`,
  );
  return true;
}

function advice(kind: OrphanKind, { type, name, urn }: ErrorHookArgs, { importId }: Finding): string {
  if (kind === OrphanKind.Record) return TAKEN_ADVICE;
  const spare = "If nobody needs it, delete it and run the same command again.";
  if (!IMPORTED.has(kind)) return spare;
  const parent = parentOf(urn, name);
  const line = `pulumi import ${type} ${name} ${importId} --parent '${parent}' --generate-code=false`;
  return `To take it over: ${line}. ${spare}`;
}

/** As `pulumi import` takes it: the component, which is called like the resource without what stands after it. */
function parentOf(urn: string, name: string): string {
  const [head, project, types = ""] = urn.split("::");
  const parentName = name.slice(0, name.lastIndexOf("-"));
  return `parent=${[head, project, types.slice(0, types.lastIndexOf("$")), parentName].join("::")}`;
}

/** Resource hook after the creation of a key. A key that took so long may have been minted twice. */
export async function afterKeyCreation(args: ResourceHookArgs, clock: FailureClock): Promise<void> {
  await areTwinsRevoked(args, args.id, clock.elapsed(args.urn), clock);
}

/** @param id of the token that is meant to stay. */
async function areTwinsRevoked(
  args: Pick<ResourceHookArgs, "name" | "newInputs" | "newOutputs">,
  id: string | undefined,
  elapsed: number,
  clock: FailureClock,
): Promise<boolean> {
  try {
    const twins = await revokeKeyTwins(args, id, elapsed);
    if (twins > 0) {
      await clock.note(
        `${args.name}: ${twins} more ${twins === 1 ? "token was" : "tokens were"} minted by attempts whose answer was lost, and revoked`,
      );
    }
    return true;
  } catch (error) {
    await clock.complain(
      `${args.name}: a token may have been minted that nobody knows, and could not be looked for: ${because(error)}. ` +
        "Run tenant-edge repair.",
    );
    return false;
  }
}
