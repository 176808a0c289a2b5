/** What became of the stacks of an environment, for people. */
import prettyMilliseconds from "pretty-ms";
import { printable } from "../../naming/printable.ts";
import {
  type ShardChanges,
  ShardOutcome,
  type ShardResult,
  type UpResult,
} from "../../operations/shards/up/contract.ts";
import type { Colours } from "../globalOptions.ts";
import { table } from "./table.ts";

const SHARED = "(shared)";
const MILLISECONDS = 1000;

const IN_WORDS: Readonly<Record<ShardOutcome, string>> = {
  [ShardOutcome.UpToDate]: "up to date",
  [ShardOutcome.Unchanged]: "unchanged",
  [ShardOutcome.Updated]: "updated",
  [ShardOutcome.Planned]: "would change",
  [ShardOutcome.Failed]: "failed",
  [ShardOutcome.Interrupted]: "interrupted",
  [ShardOutcome.NotBegun]: "not begun",
};

/** `acme, (shared)` */
function tenantsText(ids: readonly string[]): string {
  return ids.map((id) => id || SHARED).join(", ");
}

/** `+19 ~2 +-1 -3`, as the engine writes it: created, updated, replaced, deleted. */
export function changesText({ created, updated, replaced, deleted }: ShardChanges): string {
  const counts = [
    ["+", created],
    ["~", updated],
    ["+-", replaced],
    ["-", deleted],
  ] as const;
  return counts.flatMap(([sign, count]) => (count === 0 ? [] : [`${sign}${count}`])).join(" ");
}

export function timeText(seconds: number): string {
  return seconds === 0 ? "" : prettyMilliseconds(seconds * MILLISECONDS, { secondsDecimalDigits: 1 });
}

function noteText({ outcome, failedTenants, destroyedTenants, reason }: ShardResult): string {
  if (outcome === ShardOutcome.Failed) {
    return failedTenants.length === 0 ? "nothing was done" : `failed: ${tenantsText(failedTenants)}`;
  }
  if (destroyedTenants.length > 0) return `deletes or replaces of ${tenantsText(destroyedTenants)}`;
  return reason ?? "";
}

/** One line about a stack that is done: `updated, +19, in 7.2s`. */
export function endText(result: ShardResult): string {
  const { outcome, changes, seconds } = result;
  const parts = [
    IN_WORDS[outcome],
    changesText(changes),
    noteText(result),
    seconds === 0 ? "" : `in ${timeText(seconds)}`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}

/** What has failed in full, with what can be done. */
function failureText({ stack, reason, ways }: ShardResult, colours: Colours): string {
  const todo = ways.map((way) => `\n  - ${printable(way)}`).join("");
  return `${colours.red(`${stack}:`)} ${printable(reason ?? "")}${todo}`;
}

const IS_AS_WANTED: ReadonlySet<ShardOutcome> = new Set([
  ShardOutcome.UpToDate,
  ShardOutcome.Unchanged,
  ShardOutcome.Updated,
]);

function summaryText({ environment, isPreview, shards, atOnce, seconds }: UpResult): string {
  const of = `${shards.length} ${shards.length === 1 ? "stack" : "stacks"} of ${environment}`;
  if (isPreview) {
    const planned = shards.filter(({ outcome }) => outcome === ShardOutcome.Planned).length;
    return `${planned} of ${of} would change (${timeText(seconds)})`;
  }
  const done = shards.filter(({ outcome }) => IS_AS_WANTED.has(outcome)).length;
  return `${done} of ${of} ${done === 1 ? "is" : "are"} as the files say (${timeText(seconds)}, ${atOnce} at a time)`;
}

export function upText(result: UpResult, colours: Colours): string {
  const rows = result.shards.map((shard) => [
    shard.stack,
    IN_WORDS[shard.outcome],
    changesText(shard.changes),
    timeText(shard.seconds),
    noteText(shard),
  ]);
  const failed = result.shards.filter(({ outcome }) => outcome === ShardOutcome.Failed);
  return [
    table(["stack", "result", "changes", "time", ""], rows, colours),
    ...failed.map((shard) => failureText(shard, colours)),
    summaryText(result),
  ].join("\n\n");
}
