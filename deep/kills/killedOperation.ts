/** Kills an operation of the command, alone or with the engine that it started, and runs it again. */
import { runCommand } from "../command.ts";
import { ACTOR } from "./config.ts";
import type { KillStack } from "./killStack.ts";
import { describeMoment, type Moment } from "./moments.ts";
import type { OperationStep } from "./operations.ts";
import { complaintOf, type Outcome } from "./outcome.ts";
import { killAll, type Role } from "./processes.ts";

/** Runs that may follow. */
const RUNS = 2;

/** @param roles what is killed together: the operation alone, or all that it started as well. */
export async function killedOperation(
  target: KillStack,
  { args }: OperationStep,
  roles: readonly Role[],
  moment: Moment,
): Promise<Outcome> {
  const { stack, tap } = target;
  const run = () => runCommand(stack, ACTOR, [...args, "--yes"]);

  const before = target.before();
  let hits = 0;
  tap.set(moment, () => {
    hits += killAll(stack.folder, roles);
  });
  let result = await run();
  tap.set(undefined);

  const name = `${args.join(" ")}, ${roles.join(", ")} killed ${describeMoment(moment)}`;
  const isHit = hits > 0;
  for (let runs = 0; runs < RUNS && (result.exitCode !== 0 || (isHit && runs === 0)); runs += 1) {
    result = await run();
  }
  if (result.exitCode !== 0)
    return { name, isHit, lost: [], orphans: [], wrong: [`cannot be completed:\n${complaintOf(result)}`] };
  const findings = await target.look(before, target.listed());
  const preview = await stack.pulumi(["preview", "--expect-no-changes"]);
  if (preview.exitCode !== 0) findings.wrong.push(`a preview has changes:\n${complaintOf(preview)}`);
  return { name, isHit, ...findings };
}
