/** Takes a move back. */
import { because } from "../../../clients/failureText.ts";
import { type Call, ProgressKind } from "../../contract.ts";
import { ErrorCode, OperationError } from "../../errors.ts";
import { knownError } from "../../knownErrors.ts";
import { reportTo } from "../../report.ts";
import type { MoveLog, MoveRecord } from "./record.ts";
import { CHECKING, MOVING, type Move, NotTheSame, runSteps, TELLING } from "./steps.ts";

function reversed({ from, to, ...move }: Move): Move {
  return { ...move, from: to, to: from };
}

/** Ours are for people already, and longer than a line. */
function textOf(error: unknown): string {
  return error instanceof OperationError || error instanceof NotTheSame ? error.message : because(error);
}

/** Entry and state are where they came from afterwards; the outputs of the two stacks stay. */
async function takeBack(move: Move, record: MoveRecord, log: MoveLog, call: Call): Promise<void> {
  await log.write({ ...record, isUndone: true });
  await runSteps(MOVING, reversed(move), call);
}

/** Of a run that was stopped: outputs may tell of the new place already. */
export async function goBack(move: Move, record: MoveRecord, log: MoveLog, call: Call): Promise<void> {
  await takeBack(move, record, log, call);
  try {
    await runSteps([CHECKING, TELLING], reversed(move), call);
  } catch (error) {
    if (!(error instanceof NotTheSame)) throw error;
    const { from, to } = move;
    const message = `the next update of ${from.stack} and ${to.stack} changes something, and their outputs:\n${error.message}`;
    reportTo(call, { kind: ProgressKind.Note, message });
  }
  await log.drop(record.tenant);
}

/** After a failure. @returns the error that says what became of it. */
export async function undone(
  error: unknown,
  move: Move,
  record: MoveRecord,
  log: MoveLog,
  call: Call,
): Promise<OperationError> {
  const { tenant, from, to } = move;
  try {
    await takeBack(move, record, log, call);
    await log.drop(tenant);
  } catch (failure) {
    return new OperationError(
      ErrorCode.UpdateFailed,
      `the move failed, and could not be taken back: ${textOf(failure)}\nIt failed because of:\n${textOf(error)}`,
      {
        ways: [
          `tenant-edge move ${tenant} --to ${from.stack} takes it back; until then updates of the two stacks may be refused`,
        ],
        cause: error,
      },
    );
  }
  const back = `${tenant} is back in ${from.stack}, as it was`;
  if (error instanceof NotTheSame) {
    return new OperationError(
      ErrorCode.UnintendedChanges,
      `after the move the next update would have changed something; ${back}:\n${error.message}`,
      {
        ways: [
          `give ${from.stack} and ${to.stack} the same settings, as far as they concern the tenant, and run it again`,
        ],
      },
    );
  }
  const known = knownError(error, call.signal);
  const { code, ways, problems } =
    known instanceof OperationError ? known : { code: ErrorCode.UpdateFailed, ways: [], problems: [] };
  return new OperationError(code, `${textOf(known)}\n${back}`, { ways, problems, cause: error });
}
