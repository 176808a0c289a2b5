/** A health sweep over the stacks of an environment. */
import { stackSchema } from "../../config/schema.ts";
import { Condition, SweepAction } from "../choices.ts";
import type { Call, InputOf, ResultOf } from "../contract.ts";
import { ErrorCode, OperationError } from "../errors.ts";
import { askThese, failures, withUnreadable } from "./overShards.ts";
import { listing, type ShardLists } from "./shardLists.ts";
import type { Shards } from "./shards.ts";

type Unhealthy = ResultOf<"sweepHealth">["unhealthy"][number];

/** What an action of the sweep comes to; one that was only dropped connections does not count. */
const ACTIONS: readonly SweepAction[] = [
  SweepAction.RestartConnector,
  SweepAction.ReplaceHost,
  SweepAction.Planned,
  SweepAction.Failed,
];

function isAction({ action, condition }: Unhealthy): boolean {
  return condition !== Condition.Disabled && ACTIONS.includes(action);
}

/** The least that one of the stacks allows. */
function mostActions({ shards }: ShardLists): number {
  const { lifecycle } = stackSchema.shape;
  const allowed = shards.map(({ raw }) => {
    // What is wrong in a file, the sweep of its stack tells.
    const { data } = lifecycle.safeParse(raw["lifecycle"]);
    return (data ?? lifecycle.parse(undefined)).sweepActions;
  });
  return Math.min(...allowed);
}

/** Ids by their stack. @throws OperationError tenant-not-found with all that no list has. */
function byStack(lists: ShardLists, tenants: readonly string[]): Map<string, string[]> {
  const found = Map.groupBy(tenants, (tenant) => listing(lists, { tenant }));
  const unknown = found.get(undefined);
  if (unknown !== undefined) {
    const unread = lists.unreadable.map(({ path }) => `; ${path} cannot be read`).join("");
    throw new OperationError(ErrorCode.TenantNotFound, `in no tenant list: ${unknown.join(", ")}${unread}`, {
      ways: ["`tenant-edge list` shows all tenants."],
    });
  }
  return new Map([...found].flatMap(([stack, ids]) => (stack === undefined ? [] : [[stack, ids]])));
}

/** Those stacks first of which a tenant has waited longest for its probe: the budget of calls may not suffice for all. */
async function longestWaiting(
  shards: Shards,
  stacks: readonly string[],
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const waiting = await Promise.all(
    stacks.map(async (stack) => {
      const { tenants } = await shards.kept(stack, signal);
      const [oldest = ""] = [...tenants.values()].map(({ probe }) => probe?.at ?? "").sort();
      return { stack, oldest };
    }),
  );
  return waiting.sort((one, other) => one.oldest.localeCompare(other.oldest)).map(({ stack }) => stack);
}

/**
 * One stack after the other. `maxActions` counts over all of them.
 *
 * @throws as sweepHealth of a stack, when every one has failed.
 */
export async function sweepHealthOfAll(
  shards: Shards,
  { tenants, maxActions, ...input }: InputOf<"sweepHealth">,
  call: Call,
): Promise<ResultOf<"sweepHealth">> {
  const lists = await shards.lists(call.signal);
  const wanted = tenants === undefined ? undefined : byStack(lists, tenants);
  const stacks = lists.shards.map(({ stack }) => stack).filter((stack) => wanted?.has(stack) ?? true);
  let left = maxActions ?? mostActions(lists);
  const sweep = async (stack: string, its: Call) => {
    const operations = await shards.operations(stack);
    const result = await operations.sweepHealth(
      { ...input, maxActions: left, tenants: wanted?.get(stack) },
      its,
    );
    left = Math.max(0, left - result.unhealthy.filter(isAction).length);
    return result;
  };
  const swept = await askThese(await longestWaiting(shards, stacks, call.signal), sweep, call, 1);
  const asked = wanted === undefined ? withUnreadable(swept, lists) : swept;
  const results = asked.answers.map(({ result }) => result);
  return {
    ...failures(asked),
    checked: results.reduce((sum, { checked }) => sum + checked, 0),
    notChecked: results.reduce((sum, { notChecked }) => sum + notChecked, 0),
    unhealthy: results.flatMap(({ unhealthy }) => unhealthy),
  };
}
