/** Runs one operation for the command line: plan, question, progress, result. */
import { shortStackName } from "../naming/shortStackName.ts";
import {
  type Call,
  type ChangingOperation,
  OPERATIONS,
  type OperationName,
  type Plan,
  type ResultOf,
} from "../operations/contract.ts";
import { ErrorCode, OperationError } from "../operations/errors.ts";
import { confirm, confirmByName, hasPerson } from "./confirm.ts";
import { withDeadline } from "./deadline.ts";
import { ExitCode } from "./exitCodes.ts";
import {
  actorOf,
  type Colours,
  chosenTarget,
  coloursFor,
  type GlobalOptions,
  projectFolder,
} from "./globalOptions.ts";
import { irreversible } from "./irreversible.ts";
import { COMMANDS } from "./operationCommands.ts";
import { operationInput } from "./operationInput.ts";
import { showProgress } from "./progress.ts";
import type { Surroundings, Target } from "./surroundings.ts";
import { planText } from "./text/planText.ts";
import { resultText } from "./text/resultText.ts";
import { hideSecrets } from "./text/secrets.ts";
import { UsageError } from "./usageError.ts";

export interface OperationOptions extends GlobalOptions {
  yes?: true;
  dryRun?: true;
  showSecrets?: true;
  failWhenFound?: true;
  format?: string;
}

export function isChanging(name: OperationName): name is ChangingOperation {
  return OPERATIONS[name].changes;
}

/** By what these operations are told to act; without it they only look. */
const ACTING: { [N in OperationName]?: string } = {
  expire: "act",
  sweepHealth: "act",
  sweepOrphans: "delete",
};

function onlyLooks(name: OperationName, input: object): boolean {
  const field = ACTING[name];
  return field !== undefined && !(field in input);
}

interface Asked {
  name: ChangingOperation;
  input: object;
  plan: Plan;
  target: Target;
}

function nameOf(target: Target): string {
  return "stack" in target ? shortStackName(target.stack) : target.environment;
}

/** Shows the plan to a person and asks. @returns false when the answer is no. */
async function agreed(
  { name, input, plan, target }: Asked,
  colours: Colours,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<boolean> {
  surroundings.stderr.write(`${planText(plan, colours)}\n\n`);
  const loss = irreversible(name, input, plan.tenant);
  if (loss !== undefined) {
    return confirmByName(loss, plan.tenant || nameOf(target), surroundings, signal);
  }
  const subject = plan.tenant === "" ? "" : ` ${plan.tenant}`;
  return confirm(`${COMMANDS[name].name}${subject}?`, surroundings, signal);
}

/** Whether something that the operation should have done was not done, though the rest was. */
function failedInPart(result: object): boolean {
  return Object.values(result)
    .flat()
    .some(
      (item: unknown) =>
        typeof item === "object" &&
        item !== null &&
        [Reflect.get(item, "outcome"), Reflect.get(item, "action")].includes("failed"),
    );
}

function exitCode(name: OperationName, result: object, { failWhenFound }: OperationOptions): ExitCode {
  const { findings } = COMMANDS[name];
  if ("failedStacks" in result) return ExitCode.failed;
  if (findings === undefined) return ExitCode.done;
  if (failedInPart(result)) return ExitCode.failed;
  const found: unknown = Reflect.get(result, findings);
  return failWhenFound && Array.isArray(found) && found.length > 0 ? ExitCode.found : ExitCode.done;
}

async function textOf(
  name: OperationName,
  result: object,
  options: OperationOptions,
  colours: Colours,
): Promise<string> {
  if (options.json) return JSON.stringify(result, null, 2);
  if (name === "usage" && options.format === "csv") {
    const { usageCsv } = await import("../operations/usageCsv.ts");
    return usageCsv(result as ResultOf<"usage">).trimEnd();
  }
  return resultText(name, result, colours, Date.now());
}

/** @param names what stands after the command's name. */
export async function runOperation(
  name: OperationName,
  names: readonly string[],
  options: OperationOptions & Readonly<Record<string, unknown>>,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const { stdout, stderr, env } = surroundings;
  const input = operationInput(name, names, options);
  const directory = projectFolder(options, surroundings);
  const target = chosenTarget(options, directory, env);
  const asks = isChanging(name) && !onlyLooks(name, input) && !options.yes && !options.dryRun;
  if (asks && !hasPerson(surroundings)) {
    throw new UsageError("There is nobody to ask, and this changes something; nothing was done.", [
      "Add --yes to go on without a question, or --dry-run to see what it would do.",
    ]);
  }
  const actor = actorOf(options, env);
  const colours = coloursFor(stdout, options, env);
  const errorColours = coloursFor(stderr, options, env);
  const progress = showProgress(stderr, errorColours);
  return withDeadline(options.timeout, surroundings.signal, async (signal) => {
    const operations = await surroundings.open({ directory, ...target, actor, surface: "cli" });
    try {
      const call: Call = { signal, actor, onProgress: progress.report };
      if (isChanging(name) && (options.dryRun || asks)) {
        const plan = await operations.plan(name, input as never, call);
        progress.clear();
        if (options.dryRun) {
          stdout.write(`${options.json ? JSON.stringify(plan, null, 2) : planText(plan, colours)}\n`);
          return ExitCode.done;
        }
        if (!(await agreed({ name, input, plan, target }, errorColours, surroundings, signal))) {
          throw new OperationError(ErrorCode.Aborted, "Not confirmed; nothing was done.");
        }
      }
      const result = await operations[name](input as never, call);
      progress.clear();
      const { shown, hidden } = options.showSecrets
        ? { shown: result, hidden: false }
        : hideSecrets(name, result);
      stdout.write(`${await textOf(name, shown, options, colours)}\n`);
      if (hidden) stderr.write("Secrets are hidden; --show-secrets prints them.\n");
      return exitCode(name, result, options);
    } finally {
      progress.clear();
      await operations.close();
    }
  });
}
