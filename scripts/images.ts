/**
 * `npm run images`: which stacks pin an image that is no longer the newest. It changes nothing: what replaces hosts is a
 * line that somebody writes into a stack file.
 *
 * Exit code 0; 1 with `--fail-when-behind` when a pin needs attention; 2 when a stack could not be looked at.
 */
import { join } from "node:path";
import { Command } from "commander";
import { jsonReport, textReport } from "../images/report.ts";
import { readStackFiles } from "../images/stackFiles.ts";
import { needsAttention } from "../images/state.ts";
import { type Survey, survey } from "../images/survey.ts";

const ExitCode = { done: 0, behind: 1, failed: 2 } as const;

interface Options {
  directory: string;
  json?: true;
  failWhenBehind?: true;
}

function exitCodeOf({ pins, problems }: Survey, { failWhenBehind }: Options): number {
  if (problems.length > 0) return ExitCode.failed;
  return failWhenBehind && pins.some(({ state }) => needsAttention(state)) ? ExitCode.behind : ExitCode.done;
}

/** This repository. */
const CHECKOUT = join(import.meta.dirname, "..");

const complain = (text: string) => process.stderr.write(`${text}\n`);

async function run(options: Options): Promise<number> {
  const found = await survey(readStackFiles(options.directory));
  process.stdout.write(`${options.json ? jsonReport(found) : textReport(found)}\n`);
  for (const { stack, message } of found.problems)
    complain(`\nThe stack ${stack} was not looked at: ${message}`);
  return exitCodeOf(found, options);
}

const program = new Command("images")
  .description(
    "Print the images that the stack files pin, the newest of Amazon Linux 2023 per architecture and region, and " +
      "which stacks are behind. Nothing is changed. Credentials are taken as by the AWS CLI.",
  )
  .option("--directory <path>", "folder with the stack files", CHECKOUT)
  .option("--json", "print JSON")
  .option("--fail-when-behind", "exit with 1 when an image is behind, gone, or of the wrong architecture")
  .addHelpText("after", "\nExit code 2: a stack could not be looked at; the others are reported.")
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? ExitCode.done : ExitCode.failed))
  .action(async (options: Options) => {
    process.exitCode = await run(options);
  });

try {
  await program.parseAsync();
} catch (error) {
  complain(error instanceof Error ? error.message : String(error));
  process.exitCode = ExitCode.failed;
}
