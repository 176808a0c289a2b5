/** All reasons for which a tenant may not move, before anything is changed. */
import { because } from "../../../clients/failureText.ts";
import type { Configuration } from "../../context.ts";
import { type Call, ProgressKind } from "../../contract.ts";
import { ErrorCode, OperationError } from "../../errors.ts";
import { reportTo } from "../../report.ts";
import type { MovingStack } from "./movingStack.ts";
import {
  differences,
  networkOf,
  type Obstacle,
  type Side,
  type Standing,
  stateObstacles,
} from "./obstacles.ts";
import type { StackState } from "./stackState.ts";
import type { Move } from "./steps.ts";
import { stepText } from "./stepText.ts";

async function standing(
  { states }: Move,
  { stack }: MovingStack,
  isSettled: Promise<boolean>,
): Promise<Standing> {
  return { stack, state: await states.read(stack), isSettled: await isSettled };
}

/** Of the stacks whose networks the two use, where those are others. */
async function networkOutputs(
  { states }: Move,
  standings: readonly Standing[],
  configurations: readonly Configuration[],
): Promise<(stack: string) => StackState["outputs"]> {
  const outputs = new Map(standings.map(({ stack, state }) => [stack, state.outputs]));
  for (const { settings } of configurations) {
    const { stack } = settings.network;
    if (stack !== undefined && !outputs.has(stack)) outputs.set(stack, (await states.read(stack)).outputs);
  }
  return (stack) => outputs.get(stack) ?? {};
}

/** The configuration of the target with the entry in it, or what is wrong with that. */
async function targetConfiguration(
  to: MovingStack,
  entry: Record<string, unknown>,
): Promise<Configuration | Obstacle[]> {
  try {
    return await to.configuration(entry);
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    const { location } = to.list;
    const problems = error.problems.map(({ path, message }) => ({ path: `${path} of ${location}`, message }));
    return problems.length > 0 ? problems : [{ path: location, message: error.message }];
  }
}

function sharedListObstacles(stacks: readonly MovingStack[]): Obstacle[] {
  return stacks.flatMap(({ stack, isListShared }) =>
    isListShared
      ? [
          {
            path: `tenant-edge:tenantList of Pulumi.${stack}.yaml`,
            message:
              "only a tenant whose list is in the stack's own file can move, so that no run takes it for new meanwhile",
          },
        ]
      : [],
  );
}

/** What an update would change already. @returns nothing for a stack that no preview can be made of yet. */
async function undeployed(one: MovingStack, { signal }: Call): Promise<Obstacle[]> {
  const { stack } = one;
  try {
    const steps = await one.pendingSteps(signal);
    if (steps.length === 0) return [];
    const shown = steps.slice(0, 3).map((step) => stepText(stack, step));
    const more = steps.length > shown.length ? [`and ${steps.length - shown.length} more`] : [];
    const message = `it is not as its file says, and that has to be deployed first (pulumi up --stack ${stack}): ${[...shown, ...more].join("; ")}`;
    return [{ path: stack, message }];
  } catch (error) {
    signal?.throwIfAborted();
    return [{ path: stack, message: because(error) }];
  }
}

/** @throws OperationError not-allowed-now with every reason. @returns how many resources of the state would move. */
export async function refuseMove(move: Move, call: Call): Promise<number> {
  const { tenant: id, from, to } = move;
  reportTo(call, {
    kind: ProgressKind.Previewing,
    message: `comparing ${from.stack} and ${to.stack}`,
    tenant: id,
  });
  const entry = (await from.list.read()).entries.find((one) => one["id"] === id) ?? {};
  const [here, there] = await Promise.all([from.configuration(), targetConfiguration(to, entry)]);
  const [source, target] = await Promise.all([
    standing(move, from, from.isSettled()),
    standing(move, to, to.isSettled()),
  ]);
  const tenant = here.tenants.find((one) => one.id === id);
  if (tenant === undefined) throw new Error(`${id} is in a list that has no such tenant`);
  const obstacles = [
    ...sharedListObstacles([from, to]),
    ...stateObstacles(tenant, source, target),
    ...(Array.isArray(there) ? there : await settingsApart(move, [here, there], [source, target])),
  ];
  // A stack that was never made has nothing to preview, and one that was killed is another one afterwards.
  const previewed = [
    [from, source],
    [to, target],
  ] as const;
  const waiting = previewed.filter(
    ([, { state, isSettled }]) => state.root !== "" && !state.isPending && isSettled,
  );
  const pending = await Promise.all(waiting.map(([one]) => undeployed(one, call)));
  obstacles.push(...pending.flat());
  if (obstacles.length === 0) return source.state.resourcesOf(id).length;
  throw new OperationError(
    ErrorCode.NotAllowedNow,
    `${id} cannot move from ${from.stack} to ${to.stack}; nothing was changed`,
    { problems: obstacles },
  );
}

async function settingsApart(
  move: Move,
  [here, there]: readonly [Configuration, Configuration],
  [source, target]: readonly [Standing, Standing],
): Promise<Obstacle[]> {
  const outputsOf = await networkOutputs(move, [source, target], [here, there]);
  const side = (configuration: Configuration, { stack, state }: Standing): Side | undefined => {
    const tenant = configuration.tenants.find(({ id }) => id === move.tenant);
    const network = networkOf(configuration.settings.network, state.outputs, outputsOf);
    return tenant && { stack, configuration, tenant, network };
  };
  const [from, to] = [side(here, source), side(there, target)];
  return from === undefined || to === undefined ? [] : differences(from, to);
}
