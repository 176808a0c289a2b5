/** A program's way to the Internet: its unit must allow it, its name must resolve, the instance must get there. */
import { type Destination, egressOf, UnreachableError } from "../egress.ts";
import type { Invocation } from "./program.ts";

/** The public address under which the destination sees the program. Throws UnreachableError. */
export async function wayOut(invocation: Invocation, destination: Destination): Promise<string> {
  const { machine, networkProblem } = invocation;
  if (machine.network.isCut) throw new UnreachableError("network is unreachable");
  const problem = networkProblem(destination.cidrBlock);
  if (problem !== undefined) throw new UnreachableError(problem);
  return egressOf(machine.aws, machine.instanceId, destination);
}
