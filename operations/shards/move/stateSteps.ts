/** The steps of a move that change what the states of the two stacks have. */
import type { Call } from "../../contract.ts";
import { isLocked, updateFailed } from "../../engine/failures.ts";
import { EngineCommandError } from "../../engine/pulumiCommand.ts";
import { ErrorCode, OperationError } from "../../errors.ts";
import { MoveStopped } from "./moveStopped.ts";
import { areSame } from "./stackState.ts";
import type { Move } from "./steps.ts";
import { listText, stepText } from "./stepText.ts";
import { whenFree } from "./whenFree.ts";

/** The engine refuses to hand over to a stack whose own provider of the same name has other settings. */
const OTHER_PROVIDER = /provider \S+ already exists in destination stack/;

/**
 * Nothing to do where the outputs tell of the tenant in any way, or where it is: a run that lacks its entry is refused, or
 * must not be made.
 */
export async function announceInTarget(move: Move, call: Call): Promise<void> {
  const { tenant, from, to, states } = move;
  const target = await states.read(to.stack);
  if (target.guards(tenant) || target.resourcesOf(tenant).length > 0) return;
  const message = `announce ${tenant} from ${from.stack}`;
  const steps = await whenFree(move, to, call, () => to.announce(tenant, message, call.signal));
  if (steps.length === 0) return;
  throw new OperationError(
    ErrorCode.NotAllowedNow,
    `${to.stack} is not as its file says:\n${listText(steps.map((step) => stepText(to.stack, step)))}`,
    { ways: [`bring it there first, then run it again: pulumi up --stack ${to.stack}`] },
  );
}

/** @throws MoveStopped when neither state has the tenant, or both have different things of it. */
export async function moveState(move: Move, call: Call): Promise<void> {
  const { tenant, from, to, states } = move;
  const [source, target] = await Promise.all([states.read(from.stack), states.read(to.stack)]);
  if (source.resourcesOf(tenant).length === 0) {
    if (target.resourcesOf(tenant).length === 0) throw nowhere(move);
    return;
  }
  // From here on no update begins; one that began before is not lost when it has ended.
  await Promise.all([
    whenFree(move, from, call, () => from.awaitUpdates(source.root)),
    whenFree(move, to, call, () => to.awaitUpdates(target.root)),
  ]);
  call.signal?.throwIfAborted();
  await whenFree(move, from, call, () => handOver(move));
}

async function handOver(move: Move): Promise<void> {
  const { tenant, from, to, states } = move;
  const [source, target] = await Promise.all([states.read(from.stack), states.read(to.stack)]);
  const [leaving, there] = [source.resourcesOf(tenant), target.resourcesOf(tenant)];
  if (leaving.length === 0) {
    if (there.length === 0) throw nowhere(move);
    return;
  }
  const urns = leaving.map(({ urn }) => urn);
  try {
    if (there.length === 0) {
      if (!target.guards(tenant)) throw forgotten(to.stack, tenant);
      await states.move(urns, from.stack, to.stack);
    }
    // Only the first half was written.
    else if (areSame(leaving, there)) await states.forget(urns, from.stack);
    else throw twoTenants(tenant, from.stack, to.stack);
  } catch (error) {
    if (!(error instanceof EngineCommandError) || isLocked(error)) throw error;
    throw notMoved(from.stack, to.stack, error);
  }
  const after = await Promise.all([states.read(from.stack), states.read(to.stack)]);
  const [left, arrived] = [after[0].resourcesOf(tenant), after[1].resourcesOf(tenant)];
  if (areSame(leaving, arrived) && left.length === 0) {
    // An update has ended between the look and the move.
    if (!after[1].guards(tenant)) throw forgotten(to.stack, tenant);
    return;
  }
  throw new OperationError(
    ErrorCode.UpdateFailed,
    `${to.stack} has ${arrived.length} of the ${leaving.length} resources of ${tenant}, ${from.stack} has ${left.length}`,
    { ways: ["another process has written one of the states: run it again when that is done"] },
  );
}

function nowhere({ tenant, from, to }: Move): MoveStopped {
  return new MoveStopped(
    `neither the state of ${from.stack} nor that of ${to.stack} has anything of ${tenant}; its entries stay as they are`,
    [
      `when it is to be made anew: leave its entry in the list of one of the two alone, pulumi up --stack <that one>, then tenant-edge move ${tenant} --to <that one> ends the move`,
    ],
  );
}

function forgotten(stack: string, tenant: string): OperationError {
  return new OperationError(
    ErrorCode.NotAllowedNow,
    `meanwhile an update of ${stack} by another list has forgotten that ${tenant} comes`,
    { ways: ["run it again when no other process updates the stack"] },
  );
}

function twoTenants(tenant: string, from: string, to: string): MoveStopped {
  return new MoveStopped(
    `the states of ${from} and ${to} have different things of ${tenant}: an update has made some of them again`,
    [
      `pulumi stack --show-urns --show-ids --stack ${to} shows them; forget those that are not ${tenant}'s with pulumi state delete, and run it again`,
    ],
  );
}

function notMoved(from: string, to: string, error: EngineCommandError): OperationError {
  if (!OTHER_PROVIDER.test(error.stderr + error.stdout))
    return updateFailed("the move of the state", [], error);
  return new OperationError(
    ErrorCode.NotAllowedNow,
    `${from} and ${to} have different settings of a provider (aws:…, cloudflare:…), and the engine moves nothing from one to the other`,
    {
      ways: [
        `give both the same, also the same API token, and bring both there: pulumi up --stack ${from}; pulumi up --stack ${to}`,
      ],
    },
  );
}
