/** `tenant-edge up`: brings all stacks of an environment to what their files say. */
import { type Command, InvalidArgumentError } from "commander";
import { ErrorCode, OperationError } from "../operations/errors.ts";
import {
  ShardOutcome,
  type UpCall,
  type UpOptions,
  type UpResult,
} from "../operations/shards/up/contract.ts";
import { confirm, hasPerson } from "./confirm.ts";
import { withDeadline } from "./deadline.ts";
import { exampleText } from "./exampleText.ts";
import { ExitCode, exitCodeOf } from "./exitCodes.ts";
import type { Finish } from "./finish.ts";
import {
  actorOf,
  chosenEnvironment,
  coloursFor,
  type GlobalOptions,
  projectFolder,
} from "./globalOptions.ts";
import type { Surroundings } from "./surroundings.ts";
import { UsageError } from "./usageError.ts";

export interface UpCommandOptions extends GlobalOptions {
  yes?: true;
  all?: true;
  preview?: true;
  parallel?: number;
}

type Up = (options: UpOptions, call: UpCall) => Promise<UpResult>;

/** Loads the engine's SDK: help and completion do without. */
async function bringUp(options: UpOptions, call: UpCall): Promise<UpResult> {
  const { upEnvironment } = await import("../operations/shards/up/upEnvironment.ts");
  return await upEnvironment(options, call);
}

/** What an update could still do something about. */
const OPEN: ReadonlySet<ShardOutcome> = new Set([ShardOutcome.Planned, ShardOutcome.Unchanged]);

/** What a preview has found wrong: it stays so, whatever becomes of the others. */
const AMISS: ReadonlySet<ShardOutcome> = new Set([ShardOutcome.Failed, ShardOutcome.NotBegun]);

const ofOutcome = ({ shards }: UpResult, ...outcomes: ShardOutcome[]) =>
  shards.filter(({ outcome }) => outcomes.includes(outcome));

/** Of several that failed for different reasons, that something failed. */
export function upExitCode(result: UpResult, interrupt: AbortSignal): ExitCode {
  const stopped = ofOutcome(result, ShardOutcome.Interrupted, ShardOutcome.NotBegun);
  const failed = ofOutcome(result, ShardOutcome.Failed);
  if (interrupt.aborted && stopped.length > 0) return ExitCode.interrupted;
  const codes = new Set(failed.map(({ errorCode }) => exitCodeOf(errorCode ?? ErrorCode.UpdateFailed)));
  const [code] = codes;
  if (code !== undefined) return codes.size === 1 ? code : ExitCode.failed;
  return stopped.length > 0 ? ExitCode.tryAgain : ExitCode.done;
}

/** The stacks that a person has agreed to were brought up; of the others it is told what the preview has found. */
function withAmiss(result: UpResult, planned: UpResult): UpResult {
  const amiss = new Map(
    planned.shards.filter(({ outcome }) => AMISS.has(outcome)).map((one) => [one.stack, one]),
  );
  return { ...result, shards: result.shards.map((shard) => amiss.get(shard.stack) ?? shard) };
}

/** @param bring for tests. */
export async function runUp(
  options: UpCommandOptions,
  surroundings: Surroundings,
  bring: Up = bringUp,
): Promise<ExitCode> {
  const { stdout, stderr, env } = surroundings;
  const directory = projectFolder(options, surroundings);
  const environment = chosenEnvironment(options, directory, env);
  const asks = options.yes !== true && options.preview !== true;
  if (asks && !hasPerson(surroundings)) {
    throw new UsageError("There is nobody to ask, and this changes something; nothing was done.", [
      "Add --yes to go on without a question, or --preview to see what it would do.",
    ]);
  }
  const [{ showUp }, { upText }] = await Promise.all([import("./upProgress.ts"), import("./text/upText.ts")]);
  const { all, parallel } = options;
  const actor = actorOf(options, env);
  const asked = { directory, environment, env, all, parallel, actor, surface: "cli" };
  const errorColours = coloursFor(stderr, options, env);
  const finished = (result: UpResult) => {
    const text = options.json
      ? JSON.stringify(result, null, 2)
      : upText(result, coloursFor(stdout, options, env));
    stdout.write(`${text}\n`);
    return upExitCode(result, surroundings.signal);
  };
  return withDeadline(options.timeout, surroundings.signal, async (signal) => {
    const run = async (preview: boolean, only?: readonly string[]) => {
      const progress = showUp(stderr, errorColours);
      try {
        const call = { signal, onProgress: progress.report.bind(progress) };
        return await bring({ ...asked, only, preview }, call);
      } finally {
        progress.clear();
      }
    };
    if (!asks) return finished(await run(options.preview === true));
    const planned = await run(true);
    const open = ofOutcome(planned, ...OPEN).map(({ stack }) => stack);
    if (open.length === 0 || signal.aborted) return finished(planned);
    stderr.write(`${upText(planned, errorColours)}\n\n`);
    const count = open.length === 1 ? "1 stack" : `${open.length} stacks`;
    if (!(await confirm(`Bring ${count} up?`, surroundings, signal))) {
      throw new OperationError(ErrorCode.Aborted, "Not confirmed; nothing was done.");
    }
    return finished(withAmiss(await run(false, open), planned));
  });
}

function atLeastOne(value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new InvalidArgumentError("It has to be a whole number from 1.");
}

export function addUpCommand(program: Command, surroundings: Surroundings, finish: Finish): void {
  program
    .command("up")
    .description("Bring all stacks of an environment to what their files say, side by side")
    .option("--preview", "only show what it would do")
    .option("--all", "also the stacks whose last update had the same files, program and network")
    .option("--parallel <number>", "stacks side by side at most; default: one per processor", atLeastOne)
    .option("--yes", "do not ask")
    .addHelpText(
      "after",
      exampleText("up", [
        ["--env prod", "previews the stacks that have changed, and asks"],
        ["--env prod --yes", "brings them up; run it again to go on where it was stopped"],
        ["--env prod --all --preview --json", "looks at every stack, for programs"],
      ]),
    )
    .action(async (_: object, command: Command) => {
      finish(await runUp(command.optsWithGlobals<UpCommandOptions>(), surroundings));
    });
}
