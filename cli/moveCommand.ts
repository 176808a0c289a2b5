/** `tenant-edge move`: a tenant goes to another stack of its environment, untouched in the clouds. */
import type { Command } from "commander";
import { printable } from "../naming/printable.ts";
import { ErrorCode, OperationError } from "../operations/errors.ts";
import { confirm, hasPerson } from "./confirm.ts";
import { withDeadline } from "./deadline.ts";
import { exampleText } from "./exampleText.ts";
import { ExitCode } from "./exitCodes.ts";
import type { Finish } from "./finish.ts";
import {
  actorOf,
  chosenEnvironment,
  coloursFor,
  type GlobalOptions,
  projectFolder,
} from "./globalOptions.ts";
import { showProgress } from "./progress.ts";
import type { Surroundings } from "./surroundings.ts";
import { UsageError } from "./usageError.ts";

interface MoveOptions extends GlobalOptions {
  to: string;
  yes?: true;
  dryRun?: true;
}

async function move(tenant: string, options: MoveOptions, surroundings: Surroundings): Promise<ExitCode> {
  const { stdout, stderr, env } = surroundings;
  const directory = projectFolder(options, surroundings);
  // The stack that is to have it tells as well of which it is.
  const isNamed = [options.env, options.stack, env["TENANT_EDGE_ENV"]].some(Boolean);
  const environment = isNamed ? chosenEnvironment(options, directory, env) : undefined;
  if (!options.yes && !options.dryRun && !hasPerson(surroundings)) {
    throw new UsageError("There is nobody to ask, and this changes something; nothing was done.", [
      "Add --yes to go on without a question, or --dry-run to see what it would do.",
    ]);
  }
  const { moveTenant, planMove } = await import("../operations/shards/move/moveTenant.ts");
  const actor = actorOf(options, env);
  const progress = showProgress(stderr, coloursFor(stderr, options, env));
  const { to } = options;
  const asked = { directory, tenant, to, environment, env, actor, surface: "cli" };
  return withDeadline(options.timeout, surroundings.signal, async (signal) => {
    const call = { signal, actor, onProgress: progress.report };
    try {
      if (options.dryRun || !options.yes) {
        const plan = await planMove(asked, call);
        progress.clear();
        const text = printable(plan.notes.map((note) => `  - ${note}`).join("\n"));
        if (options.dryRun) {
          stdout.write(`${options.json ? JSON.stringify(plan, null, 2) : text}\n`);
          return ExitCode.done;
        }
        stderr.write(`${text}\n\n`);
        if (!(await confirm(`move ${tenant} to ${to}?`, surroundings, signal))) {
          throw new OperationError(ErrorCode.Aborted, "Not confirmed; nothing was done.");
        }
      }
      const result = await moveTenant(asked, call);
      progress.clear();
      const said = result.changed
        ? `${tenant} is in ${result.to} now; nothing of it was changed at Cloudflare or AWS.`
        : `${tenant} is in ${to} already; nothing was changed.`;
      stdout.write(`${options.json ? JSON.stringify(result, null, 2) : said}\n`);
      return ExitCode.done;
    } finally {
      progress.clear();
    }
  });
}

export function addMoveCommand(program: Command, surroundings: Surroundings, finish: Finish): void {
  program
    .command("move")
    .description("Move a tenant to another stack of its environment, untouched in the clouds")
    .argument("<tenant>", "id of the tenant")
    .requiredOption("--to <stack>", "the stack that is to have it")
    .option("--dry-run", "only show what it would do")
    .option("--yes", "do not ask")
    .addHelpText(
      "after",
      exampleText("move", [
        ["acme --to prod-2", "shows what it would do and asks"],
        ["acme --to prod-2 --yes", "goes on, also where an earlier run was stopped"],
      ]),
    )
    .action(async (tenant: string, _: object, command: Command) => {
      finish(await move(tenant, command.optsWithGlobals<MoveOptions>(), surroundings));
    });
}
