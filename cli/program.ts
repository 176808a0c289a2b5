/** The tree of commands. */
import { Command, Option } from "commander";
import { OPERATIONS, type OperationName } from "../operations/contract.ts";
import { addAddShardCommand } from "./addShardCommand.ts";
import { addCompletionCommands } from "./completion/completionCommands.ts";
import { addDoctorCommand } from "./doctor/doctorCommand.ts";
import { exampleText } from "./exampleText.ts";
import { EXIT_CODE_HELP } from "./exitCodes.ts";
import type { Finish } from "./finish.ts";
import { optionOf } from "./flags.ts";
import { addGlobalOptions } from "./globalOptions.ts";
import { addKubernetesCommand } from "./kubernetesCommand.ts";
import { addMigrateCommand } from "./migrateCommand.ts";
import { addMoveCommand } from "./moveCommand.ts";
import { COMMANDS, Subject } from "./operationCommands.ts";
import { inputFlags } from "./operationInput.ts";
import { packageVersion } from "./packageVersion.ts";
import { isChanging, runOperation } from "./runOperation.ts";
import { addServeCommand } from "./serveCommand.ts";
import { addServiceTokenCommand } from "./serviceTokenCommand.ts";
import { addShardsCommand } from "./shardsCommand.ts";
import type { Surroundings } from "./surroundings.ts";
import { addTenantListCommands } from "./tenantListCommands.ts";
import { addUpCommand } from "./upCommand.ts";

const ARGUMENTS: Readonly<Record<Subject, readonly [string, string] | undefined>> = {
  [Subject.Tenant]: ["[tenant]", "id of the tenant"],
  [Subject.TenantId]: ["[tenant]", "id of the tenant"],
  [Subject.Tenants]: ["[tenants...]", "ids of tenants; default: all active ones"],
  [Subject.None]: undefined,
};

/** For the end of the help. */
const NOTES = `Secrets are printed with --show-secrets alone; but service-token prints the token that it makes.
Progress and questions go to stderr.`;

function addOperation(
  program: Command,
  name: OperationName,
  surroundings: Surroundings,
  finish: Finish,
): void {
  const { name: word, subject, examples, findings } = COMMANDS[name];
  const { summary, secrets } = OPERATIONS[name];
  const command = program
    .command(word)
    .description(summary)
    .addHelpText("after", exampleText(word, examples));
  const argument = ARGUMENTS[subject];
  if (argument !== undefined) command.argument(...argument);
  for (const flag of inputFlags(name)) command.addOption(optionOf(flag));
  if (name === "usage") {
    command.addOption(
      new Option("--format <format>", "how to print it").choices(["text", "csv"]).default("text"),
    );
  }
  if (secrets.length > 0)
    command.option("--show-secrets", "print secrets; otherwise [secret] stands for them");
  if (isChanging(name)) {
    command.option("--dry-run", "only show what it would do").option("--yes", "do not ask");
  }
  if (findings !== undefined) {
    command.option("--fail-when-found", "exit with 7 when it found something");
  }
  command.action(async () => {
    finish(await runOperation(name, command.args, command.optsWithGlobals(), surroundings));
  });
}

/** @throws CommanderError, after it was explained on stderr, when the arguments mean nothing or ask for help. */
export function makeProgram(surroundings: Surroundings, finish: Finish): Command {
  const { stdout, stderr } = surroundings;
  const program = new Command("tenant-edge")
    .description("Every customer gets a private front door: a tunnel, a hostname, a bucket and a host.")
    .version(packageVersion())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      getOutHelpWidth: () => stdout.columns ?? 100,
      getErrHelpWidth: () => stderr.columns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError("(--help explains the command)")
    .addHelpText("after", `\n${NOTES}\n\n${EXIT_CODE_HELP}`);
  addGlobalOptions(program);
  program.commandsGroup("Tenants:");
  for (const name of Object.keys(OPERATIONS) as OperationName[]) {
    addOperation(program, name, surroundings, finish);
  }
  addMoveCommand(program, surroundings, finish);
  program.commandsGroup("Environment:");
  addUpCommand(program, surroundings, finish);
  addShardsCommand(program, surroundings, finish);
  addAddShardCommand(program, surroundings, finish);
  addKubernetesCommand(program, surroundings, finish);
  addTenantListCommands(program, surroundings, finish);
  addMigrateCommand(program, surroundings, finish);
  addServeCommand(program, surroundings, finish);
  addServiceTokenCommand(program, surroundings, finish);
  addDoctorCommand(program, surroundings, finish);
  addCompletionCommands(program, surroundings);
  program.helpCommand("help [command]", "explain a command");
  return program;
}
