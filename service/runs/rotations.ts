/** Rotations begin with the generation that they mean, so that none is done twice. */
import { targetGeneration } from "../../lifecycle/keyGenerations.ts";
import type { Call, Operations } from "../../operations/contract.ts";
import type { Ask } from "./invoke.ts";
import type { RunRecord } from "./runRecord.ts";

type Reference = { tenant?: string | undefined; hubId?: string | undefined; tunnelId?: string | undefined };

export function isRotation(operation: RunRecord["operation"]): boolean {
  return operation === "rotateKeys" || operation === "rotateTunnel";
}

async function currentGenerations(
  operations: Operations,
  operation: RunRecord["operation"],
  { tenant, hubId, tunnelId }: Reference,
  call: Call,
): Promise<readonly number[]> {
  const status = await operations.status({ tenant, hubId, tunnelId }, call);
  return operation === "rotateKeys" ? status.keyGenerations : [status.tunnelSecretGeneration];
}

/**
 * The input with `to`, where it is not given: the generation after the present one, or the last one when a rotation of
 * keys has not ended. Without any generation the operation itself says what is wrong.
 */
export async function pinned(operations: Operations, ask: Ask, call: Call): Promise<RunRecord["input"]> {
  const { operation, input } = ask;
  if (!isRotation(operation) || ("to" in input && input.to !== undefined)) return { ...input };
  const generations = await currentGenerations(operations, operation, input as Reference, call);
  return generations.length === 0
    ? { ...input }
    : { ...input, to: targetGeneration(generations, undefined).target };
}

/** True when the generation that a rotation ended with is still the one in use. */
export async function isCurrent(
  operations: Operations,
  { operation, input }: RunRecord,
  call: Call,
): Promise<boolean> {
  const generations = await currentGenerations(operations, operation, input, call);
  return generations.at(-1) === input["to"];
}
