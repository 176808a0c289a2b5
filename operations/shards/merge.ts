/** What the stacks of an environment answer, as one answer. Pure. */
import type { ResultOf } from "../contract.ts";
import { type Answers, failures } from "./overShards.ts";

const newestFirst = (one: string, other: string): number => Date.parse(other) - Date.parse(one);

export function mergedList(environment: string, asked: Answers<ResultOf<"list">>): ResultOf<"list"> {
  return {
    environment,
    stack: asked.answers.map(({ stack }) => stack).join(", "),
    ...failures(asked),
    tenants: asked.answers.flatMap(({ stack, result }) =>
      result.tenants.map((tenant) => ({ ...tenant, stack })),
    ),
  };
}

/** The time for which all stacks have figures. */
export function mergedUsage(asked: Answers<ResultOf<"usage">>): ResultOf<"usage"> {
  const results = asked.answers.map(({ result }) => result);
  const [from = ""] = results.map((result) => result.from).sort(newestFirst);
  const to = results.map((result) => result.to).sort(newestFirst);
  return {
    month: results[0]?.month ?? "",
    from,
    to: to.at(-1) ?? "",
    ...failures(asked),
    tenants: results.flatMap(({ tenants }) => tenants),
  };
}

export function mergedDue(asked: Answers<ResultOf<"expire">>): ResultOf<"expire"> {
  return { ...failures(asked), due: asked.answers.flatMap(({ result }) => result.due) };
}

export function mergedRepair(asked: Answers<ResultOf<"repair">>): ResultOf<"repair"> {
  const results = asked.answers.map(({ result }) => result);
  return {
    ...failures(asked),
    unlocked: results.some(({ unlocked }) => unlocked),
    interrupted: results.flatMap(({ interrupted }) => interrupted),
    leftovers: results.flatMap(({ leftovers }) => leftovers),
    gone: results.flatMap(({ gone }) => gone),
  };
}

/** The newest of all. Stacks that share the audit's place have all given the same of it. */
export function mergedHistory(asked: Answers<ResultOf<"history">>, limit: number): ResultOf<"history"> {
  const updates = asked.answers.flatMap(({ stack, result }) =>
    result.updates.map((update) => ({ ...update, stack })),
  );
  const audit = new Map(
    asked.answers.flatMap(({ result }) => result.audit.map((record) => [JSON.stringify(record), record])),
  );
  return {
    ...failures(asked),
    updates: updates.sort((one, other) => newestFirst(one.startedAt, other.startedAt)).slice(0, limit),
    audit: [...audit.values()].sort((one, other) => newestFirst(one.time, other.time)).slice(0, limit),
  };
}
