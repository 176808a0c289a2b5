/** The operations on an environment, by those on its stacks. */
import { byName } from "../byName.ts";
import { checkInput } from "../checkInput.ts";
import type {
  Call,
  ChangingOperation,
  InputOf,
  OperationName,
  Operations,
  Plan,
  ResultOf,
} from "../contract.ts";
import { ErrorCode, OperationError } from "../errors.ts";
import { DEFAULT_LIMIT } from "../history.ts";
import { knownError } from "../knownErrors.ts";
import { FOUND } from "../plan.ts";
import { Enrolling } from "./enrolling.ts";
import { notFound, referenceOf, ShardFinder } from "./findShard.ts";
import { mergedDue, mergedHistory, mergedList, mergedRepair, mergedUsage } from "./merge.ts";
import { type Answers, askAll, type FailedStack, failures, READERS } from "./overShards.ts";
import { listing } from "./shardLists.ts";
import type { Shards } from "./shards.ts";
import { sweepHealthOfAll } from "./sweepHealth.ts";
import { sweepOrphansOfAll } from "./sweepOrphans.ts";

/** On one tenant, which a list or a deployment has. */
const ROUTED = ["status", "token", "rotateKeys", "rotateTunnel", "disable", "enable", "remove"] as const;
type Routed = (typeof ROUTED)[number];

const isRouted = (name: OperationName): name is Routed => (ROUTED as readonly OperationName[]).includes(name);

type Performed = { [N in OperationName]: (input: InputOf<N>, call: Call) => Promise<ResultOf<N>> };

/** @param budget of calls, until a stack is open. @throws what reading the lists throws. */
export async function environmentOperations(
  shards: Shards,
  budget: Operations["budget"],
  now: () => Date,
): Promise<Operations> {
  const { environment } = shards;
  const present = await shards.stacks();
  const finder = new ShardFinder(shards, now);
  const enrolling = new Enrolling(shards);

  /** @throws OperationError tenant-not-found. */
  async function having(input: Parameters<typeof referenceOf>[0], call: Call): Promise<string> {
    const reference = referenceOf(input);
    const stack = await finder.find(reference, call);
    if (stack === undefined) throw notFound(environment, reference);
    return stack;
  }

  async function on<N extends OperationName>(
    stack: string,
    name: N,
    input: InputOf<N>,
    call: Call,
  ): Promise<ResultOf<N>> {
    const operations: Performed = await shards.operations(stack);
    return await operations[name](input, call);
  }

  const routed =
    <N extends Routed>(name: N) =>
    async (input: InputOf<N>, call: Call): Promise<ResultOf<N>> =>
      await on(await having(input, call), name, input, call);

  async function all<N extends OperationName>(
    name: N,
    input: InputOf<N>,
    call: Call,
    concurrency: number,
  ): Promise<Answers<ResultOf<N>>> {
    const lists = await shards.lists(call.signal);
    return await askAll(lists, (stack, its) => on(stack, name, input, its), call, concurrency);
  }

  const performed: Performed = {
    enroll: (input, call) => enrolling.enroll(input, call),
    status: routed("status"),
    token: routed("token"),
    rotateKeys: routed("rotateKeys"),
    rotateTunnel: routed("rotateTunnel"),
    disable: routed("disable"),
    enable: routed("enable"),
    async remove(input, call) {
      const stack = await finder.find(referenceOf(input), call);
      if (stack !== undefined) return await on(stack, "remove", input, call);
      if (input.tenant === undefined) throw notFound(environment, referenceOf(input));
      // What a removal that was interrupted has left is in no list and in no outputs: each stack looks at its own.
      const { answers, failed } = await all("remove", input, call, 1);
      const [first] = failed;
      if (first !== undefined) {
        throw new OperationError(ErrorCode.UpdateFailed, `${first.stack} may have it: ${first.error}`);
      }
      return answers.find(({ result }) => result.changed)?.result ?? gone(input.tenant);
    },
    expire: async (input, call) =>
      mergedDue(await all("expire", input, call, input.act === true ? 1 : READERS)),
    list: async (input, call) => mergedList(environment, await all("list", input, call, READERS)),
    sweepHealth: (input, call) => sweepHealthOfAll(shards, input, call),
    sweepOrphans: (input, call) => sweepOrphansOfAll(shards, input, call),
    repair: async (input, call) => mergedRepair(await all("repair", input, call, 1)),
    async usage(input, call) {
      if (input.tenant === undefined) return mergedUsage(await all("usage", input, call, READERS));
      return await on(await having({ tenant: input.tenant }, call), "usage", input, call);
    },
    async history(input, call) {
      const { tenant } = input;
      const stack =
        tenant === undefined ? undefined : listing(await shards.listsWith(tenant, call.signal), { tenant });
      if (stack !== undefined) return await on(stack, "history", input, call);
      return mergedHistory(await all("history", input, call, READERS), input.limit ?? DEFAULT_LIMIT);
    },
  };

  async function plan<N extends ChangingOperation>(name: N, input: InputOf<N>, call: Call): Promise<Plan> {
    if (name === "enroll") return await enrolling.plan(input as InputOf<"enroll">, call);
    if (isRouted(name)) {
      const stack = await having(input as InputOf<Routed>, call);
      return await (await shards.operations(stack)).plan(name, input, call);
    }
    const notes = await planned(name, input, call);
    return { operation: name, tenant: "", list: [], steps: [], notes };
  }

  async function planned(name: ChangingOperation, input: object, call: Call): Promise<string[]> {
    const withFailed = (
      notes: string[],
      { failedStacks = [] }: { failedStacks?: FailedStack[] | undefined },
    ) => [...notes, ...failedStacks.map(({ stack, error }) => `${stack} could not be looked at: ${error}`)];
    if (name === "expire") {
      const found = await performed.expire({ ...input, act: false }, call);
      return withFailed(FOUND.expire(found), found);
    }
    if (name === "sweepHealth") {
      const found = await performed.sweepHealth({ ...input, act: false }, call);
      return withFailed(FOUND.sweepHealth(found), found);
    }
    if (name === "sweepOrphans") {
      const found = await performed.sweepOrphans({ ...input, delete: false }, call);
      return withFailed(FOUND.sweepOrphans(found), found);
    }
    const ask = async (stack: string, its: Call) => (await shards.operations(stack)).plan("repair", {}, its);
    const asked = await askAll(await shards.lists(call.signal), ask, call, READERS);
    const notes = asked.answers.flatMap(({ stack, result }) =>
      result.notes.map((note) => `${stack}: ${note}`),
    );
    return withFailed(notes, failures(asked));
  }

  const run =
    <N extends OperationName>(name: N) =>
    async (input: InputOf<N>, call: Call = {}): Promise<ResultOf<N>> => {
      try {
        return await performed[name](checkInput(name, input), call);
      } catch (error) {
        throw knownError(error, call.signal);
      }
    };
  return {
    ...byName(run),
    async plan(name, input, call = {}) {
      try {
        return await plan(name, checkInput(name, input), call);
      } catch (error) {
        throw knownError(error, call.signal);
      }
    },
    target: {
      environment,
      stack: present.map(({ stack }) => stack).join(", "),
      list: present.map(({ file }) => file).join(", "),
    },
    budget: {
      left: () => {
        const { opened } = shards;
        return opened.length === 0 ? budget.left() : Math.min(...opened.map((one) => one.budget.left()));
      },
    },
    close: () => shards.close(),
  };
}

function gone(tenant: string): ResultOf<"remove"> {
  return { tenant, state: "absent", changed: false, objectsDeleted: 0 };
}
