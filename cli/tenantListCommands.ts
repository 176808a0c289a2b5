/** `tenant-edge pull` and `tenant-edge push`: a checkout's list of tenants and the shared one. */
import { join } from "node:path";
import type { Command } from "commander";
import { printable } from "../naming/printable.ts";
import { ErrorCode, OperationError } from "../operations/errors.ts";
import { DATA_FOLDER } from "../operations/places.ts";
import { confirm, hasPerson } from "./confirm.ts";
import { withDeadline } from "./deadline.ts";
import { exampleText } from "./exampleText.ts";
import { ExitCode } from "./exitCodes.ts";
import type { Finish } from "./finish.ts";
import { chosenStack, type GlobalOptions, projectFolder } from "./globalOptions.ts";
import type { Surroundings } from "./surroundings.ts";
import { UsageError } from "./usageError.ts";

const Direction = { Pull: "pull", Push: "push" } as const;
type Direction = (typeof Direction)[keyof typeof Direction];

interface ListOptions extends GlobalOptions {
  yes?: true;
  dryRun?: true;
  force?: true;
  failWhenFound?: true;
}

/** Loaded late: the storage brings a client of S3. */
async function planned(
  direction: Direction,
  options: ListOptions,
  surroundings: Surroundings,
  signal: AbortSignal,
) {
  const [{ readStackFile }, { openSharedList }, { StackFileList }, { FolderStore }, { planPull, planPush }] =
    await Promise.all([
      import("../operations/configuration.ts"),
      import("../tenantList/openTenantList.ts"),
      import("../tenantList/stackFileList.ts"),
      import("../storage/folderStore.ts"),
      import("../tenantList/reconcile.ts"),
    ]);
  const { env } = surroundings;
  const directory = projectFolder(options, surroundings);
  const stack = chosenStack(options, directory, env);
  const { tenantList } = (await readStackFile(directory, stack)).raw;
  if (typeof tenantList !== "string") {
    throw new OperationError(
      ErrorCode.NotSetUp,
      `The tenants of ${stack} are listed in its stack file alone.`,
      {
        ways: [
          "For a list that is shared, set tenant-edge:tenantList to its place, then `tenant-edge push`.",
        ],
      },
    );
  }
  const lists = {
    stack,
    checkout: new StackFileList(directory, stack),
    shared: await openSharedList({ stack, tenantList, env }),
    records: new FolderStore(join(directory, DATA_FOLDER)),
  };
  const plan =
    direction === Direction.Pull
      ? await planPull(lists, signal)
      : await planPush(lists, { force: options.force === true }, signal);
  const target = direction === Direction.Pull ? lists.checkout : lists.shared;
  return { ...plan, target: target.location };
}

async function reconcile(
  direction: Direction,
  options: ListOptions,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { stdout, stderr } = surroundings;
  const { renderDifferences } = await import("../tenantList/differences.ts");
  const { differences, target, apply } = await planned(direction, options, surroundings, signal);
  const finished = (applied: boolean) => {
    if (options.json) stdout.write(`${JSON.stringify({ target, applied, differences }, null, 2)}\n`);
    else stdout.write(applied ? `${target} is written.\n` : "Nothing was written.\n");
    return options.failWhenFound && differences.length > 0 ? ExitCode.found : ExitCode.done;
  };
  const text =
    differences.length === 0
      ? "Both lists have the same tenants."
      : printable(renderDifferences(differences));
  stderr.write(`${text}\n`);
  if (options.dryRun) return finished(false);
  if (differences.length > 0 && !options.yes) {
    if (!hasPerson(surroundings)) {
      throw new UsageError("There is nobody to ask, and the lists differ; nothing was written.", [
        "Add --yes to go on without a question, or --dry-run to see the differences alone.",
      ]);
    }
    if (!(await confirm(`Write this to ${target}?`, surroundings, signal))) {
      throw new OperationError(ErrorCode.Aborted, "Not confirmed; nothing was written.");
    }
  }
  // Also without differences: it notes that the checkout has seen the shared list.
  await apply(signal);
  return finished(true);
}

export function addTenantListCommands(program: Command, surroundings: Surroundings, finish: Finish): void {
  const add = (direction: Direction, summary: string, examples: Parameters<typeof exampleText>[1]) =>
    program
      .command(direction)
      .description(summary)
      .option("--dry-run", "only show the differences")
      .option("--yes", "do not ask")
      .option("--fail-when-found", "exit with 7 when there are differences")
      .addHelpText("after", exampleText(direction, examples))
      .action(async (_: object, command: Command) => {
        const options = command.optsWithGlobals<ListOptions>();
        finish(
          await withDeadline(options.timeout, surroundings.signal, (signal) =>
            reconcile(direction, options, surroundings, signal),
          ),
        );
      });
  add(Direction.Pull, "Write the shared list of tenants into the checkout's stack file", [
    ["", "shows the differences and asks"],
    ["--dry-run --fail-when-found", "fails when the checkout is behind"],
  ]);
  add(Direction.Push, "Write the checkout's list of tenants to the shared place", [
    ["", "shows the differences and asks"],
    ["--force --yes", "also undoes what others changed since the last pull"],
  ]).option("--force", "also when the shared list was changed since the last pull: those changes are lost");
}
