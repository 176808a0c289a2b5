/** `tenant-edge migrate`: brings a stack file of an earlier format to the present one. */
import { readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { changesOf, PRESENT_VERSION, versionOf } from "../config/migrations/migrate.ts";
import { printable } from "../naming/printable.ts";
import { shortStackName } from "../naming/shortStackName.ts";
import { ErrorCode, OperationError } from "../operations/errors.ts";
import { confirm, hasPerson } from "./confirm.ts";
import { exampleText } from "./exampleText.ts";
import { ExitCode } from "./exitCodes.ts";
import type { Finish } from "./finish.ts";
import { chosenStack, type GlobalOptions, projectFolder } from "./globalOptions.ts";
import type { Surroundings } from "./surroundings.ts";
import { UsageError } from "./usageError.ts";

interface MigrateOptions extends GlobalOptions {
  yes?: true;
  dryRun?: true;
}

/** Loaded late: no other command compares texts or edits a stack file's settings. */
async function migration(name: string, before: string) {
  const [{ migrateText, settingsIn }, { EditError }, { createTwoFilesPatch }] = await Promise.all([
    import("../config/migrations/migrateText.ts"),
    import("../tenantList/sheet.ts"),
    import("diff"),
  ]);
  try {
    const settings = settingsIn(before);
    const after = migrateText(before);
    const patch = createTwoFilesPatch(name, name, before, after, "as it is", `version ${PRESENT_VERSION}`);
    return { settings, after, patch };
  } catch (error) {
    if (!(error instanceof EditError)) throw error;
    throw new OperationError(
      ErrorCode.InvalidConfiguration,
      `${name}: ${error.message}. Nothing was changed.`,
    );
  }
}

async function migrate(options: MigrateOptions, surroundings: Surroundings): Promise<ExitCode> {
  const { stdout, stderr, env, signal } = surroundings;
  const directory = projectFolder(options, surroundings);
  const name = `Pulumi.${shortStackName(chosenStack(options, directory, env))}.yaml`;
  const path = join(directory, name);
  const before = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${path} cannot be read (${error.code}).`);
  });
  const { settings, after, patch } = await migration(name, before);
  const finished = (written: boolean, text: string) => {
    const result = {
      file: path,
      version: written ? PRESENT_VERSION : (versionOf(settings) ?? null),
      written,
    };
    stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : `${text}\n`);
    return ExitCode.done;
  };
  if (after === before) return finished(false, `${name} has nothing to migrate.`);

  stderr.write(`${printable(patch)}${changesOf(settings).join("\n")}\n`);
  if (options.dryRun) return finished(false, "Nothing was written.");
  if (!options.yes) {
    if (!hasPerson(surroundings)) {
      throw new UsageError("There is nobody to ask; nothing was written.", [
        "Add --yes to write it without a question, or --dry-run to see it alone.",
      ]);
    }
    if (!(await confirm(`Write ${name}?`, surroundings, signal))) {
      throw new OperationError(ErrorCode.Aborted, "Not confirmed; nothing was written.");
    }
  }
  const { default: writeFileAtomic } = await import("write-file-atomic");
  // When it is a link, what it links to is written.
  await writeFileAtomic(await realpath(path), after);
  return finished(true, `${name} is of version ${PRESENT_VERSION}.`);
}

export function addMigrateCommand(program: Command, surroundings: Surroundings, finish: Finish): void {
  program
    .command("migrate")
    .description("Bring the stack file to the format of this release")
    .option("--dry-run", "only show the differences")
    .option("--yes", "do not ask")
    .addHelpText(
      "after",
      exampleText("migrate", [
        ["--stack prod", "shows the differences and asks"],
        ["--stack prod --yes", "writes them"],
      ]),
    )
    .action(async (_: object, command: Command) => {
      finish(await migrate(command.optsWithGlobals<MigrateOptions>(), surroundings));
    });
}
