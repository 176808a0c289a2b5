/** Which two stacks a move is between, and how far it is. */
import { readShardFiles } from "../../../environment/shardFiles.ts";
import { readStackFile } from "../../configuration.ts";
import { ErrorCode, OperationError } from "../../errors.ts";
import { MovingStack } from "./movingStack.ts";
import type { MoveLog, MoveRecord } from "./record.ts";
import type { States } from "./stateCommands.ts";
import type { Move } from "./steps.ts";

export interface MoveRequest {
  /** Folder of Pulumi.yaml and the stack files. */
  directory: string;
  env: NodeJS.ProcessEnv;
  tenant: string;
  /** Name of the stack that is to have it. */
  to: string;
  /** Default: that of the stack that is to have it. */
  environment?: string | undefined;
  lockPatienceSeconds: number;
}

export interface FoundMove {
  /** Undefined when the stack has the tenant already. */
  move: Move | undefined;
  /** Of an earlier run that was stopped. */
  record: MoveRecord | undefined;
  /** False when the record lies on the machine on which that run was. */
  isRecorded: boolean;
}

/** @throws OperationError invalid-input when the target is of another environment than the one that is named. */
export async function environmentOf({ directory, to, environment }: MoveRequest): Promise<string> {
  const { raw } = await readStackFile(directory, to);
  const own = String(raw["environment"]);
  if (environment === undefined || environment === own) return own;
  throw new OperationError(
    ErrorCode.InvalidInput,
    `${to} is of the environment ${own}, and not of ${environment}; nothing was changed`,
    { ways: [`name a stack whose tenant-edge:environment is ${environment}`] },
  );
}

/** Stacks of the environment whose lists have the tenant, the target among them. */
async function holdersOf(
  { directory, env, tenant, to }: MoveRequest,
  environment: string,
): Promise<{ stacks: MovingStack[]; holders: MovingStack[]; target: MovingStack }> {
  const { shards, unreadable } = await readShardFiles(directory, environment);
  if (unreadable.length > 0) {
    throw new OperationError(
      ErrorCode.InvalidConfiguration,
      "stack files cannot be read; nothing was changed",
      {
        problems: unreadable.map(({ path, found }) => ({ path, message: `found ${found}` })),
      },
    );
  }
  const stacks = await Promise.all(shards.map(({ stack }) => MovingStack.open({ directory, stack, env })));
  const listed = await Promise.all(
    stacks.map(async ({ list }) => (await list.read()).entries.some(({ id }) => id === tenant)),
  );
  const holders = stacks.filter((_, index) => listed[index]);
  const target = stacks.find(({ stack }) => stack === to);
  if (target !== undefined) return { stacks, holders, target };
  throw new OperationError(
    ErrorCode.InvalidInput,
    `the environment ${environment} has no stack ${to}; nothing was changed`,
    { ways: [`it has ${shards.map(({ stack }) => stack).join(", ")}`] },
  );
}

function resumed({ from, to }: MoveRecord, request: MoveRequest): Promise<[MovingStack, MovingStack]> {
  const { directory, env, tenant } = request;
  if (request.to !== from && request.to !== to) {
    throw new OperationError(
      ErrorCode.NotAllowedNow,
      `a move of ${tenant} from ${from} to ${to} was not ended; nothing was changed`,
      {
        ways: [
          `tenant-edge move ${tenant} --to ${to} goes on`,
          `tenant-edge move ${tenant} --to ${from} takes it back`,
        ],
      },
    );
  }
  return Promise.all([
    MovingStack.open({ directory, stack: from, env }),
    MovingStack.open({ directory, stack: to, env }),
  ]);
}

/**
 * The move as it was begun: back to where it came from is the same one, with `record.isUndone`.
 *
 * @throws OperationError tenant-not-found when no list of the environment has it; not-allowed-now when lists and states do
 * not tell where it is, or another move of it was not ended.
 */
export async function findMove(
  request: MoveRequest,
  environment: string,
  log: MoveLog,
  tools: Pick<Move, "documents" | "states">,
): Promise<FoundMove> {
  const { tenant, lockPatienceSeconds, to } = request;
  const { states } = tools;
  const record = await log.read(tenant);
  if (record !== undefined) {
    const [source, target] = await resumed(record, request);
    return {
      move: { ...tools, tenant, from: source, to: target, lockPatienceSeconds },
      record: { ...record, isUndone: record.isUndone || record.from === to },
      isRecorded: true,
    };
  }
  const { stacks, holders, target } = await holdersOf(request, environment);
  const [from, another] = holders.filter(({ stack }) => stack !== to);
  if (from === undefined) {
    if (!holders.includes(target)) {
      throw new OperationError(
        ErrorCode.TenantNotFound,
        `there is no tenant ${tenant} in the lists of the environment ${environment}; nothing was changed`,
      );
    }
    const state = await states.read(to);
    if (state.tells(tenant)) return { move: undefined, record: undefined, isRecorded: false };
    if (state.resourcesOf(tenant).length === 0) throw undeployed(tenant, to);
    return begunElsewhere({
      ...tools,
      tenant,
      from: await teller(tenant, target, stacks, states),
      to: target,
      lockPatienceSeconds,
    });
  }
  const move: Move = { ...tools, tenant, from, to: target, lockPatienceSeconds };
  if (another === undefined && !holders.includes(target)) {
    return { move, record: undefined, isRecorded: false };
  }
  const state = await states.read(to);
  const isBegun = another === undefined && (state.guards(tenant) || state.resourcesOf(tenant).length > 0);
  if (!isBegun) throw severalLists(tenant, holders);
  return begunElsewhere(move);
}

/** Its record is on the machine on which it was begun. */
function begunElsewhere(move: Move): FoundMove {
  const { tenant, from, to } = move;
  const startedAt = new Date().toISOString();
  const record = { tenant, from: from.stack, to: to.stack, isUndone: false, startedAt };
  return { move, record, isRecorded: false };
}

/** The stack that still tells of the tenant; the target itself when there is none. */
async function teller(
  tenant: string,
  target: MovingStack,
  stacks: readonly MovingStack[],
  states: States,
): Promise<MovingStack> {
  for (const one of stacks) {
    if (one !== target && (await states.read(one.stack)).tells(tenant)) return one;
  }
  return target;
}

function severalLists(tenant: string, holders: readonly MovingStack[]): OperationError {
  const files = holders.map(({ list }) => list.location).join(" and ");
  return new OperationError(
    ErrorCode.NotAllowedNow,
    `${tenant} is in the lists of ${files}; nothing was changed`,
    { ways: ["leave its entry in the list of the stack that is to lose it alone, then run it again"] },
  );
}

/** Its entry may have been moved by hand. */
function undeployed(tenant: string, stack: string): OperationError {
  return new OperationError(
    ErrorCode.NotAllowedNow,
    `${tenant} is in the list of ${stack}, and was not deployed there; nothing was changed`,
    {
      ways: [
        `when another stack has it: put its entry back into that stack's list, take it out of that of ${stack}, and run it again`,
        `when it is new: pulumi up --stack ${stack}`,
      ],
    },
  );
}
