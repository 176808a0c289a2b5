/** From a command line to the input of an operation. */
import { OPERATIONS, type OperationName } from "../operations/contract.ts";
import { FLAGS, type Flag, optionOf, REFERENCE_FLAGS } from "./flags.ts";
import { COMMANDS, Subject } from "./operationCommands.ts";
import { UsageError } from "./usageError.ts";

/** All options that give a field of the operation's input. */
export function inputFlags(name: OperationName): readonly Flag[] {
  return COMMANDS[name].subject === Subject.Tenant ? [...REFERENCE_FLAGS, ...FLAGS[name]] : FLAGS[name];
}

/** How the user gives a field: `--retention-days`, or `tenant` for the argument. */
function nameOf(name: OperationName, field: string): string {
  const flag = inputFlags(name).find((candidate) => candidate.field === field);
  return flag === undefined ? field : (optionOf(flag).long ?? field);
}

/**
 * @param names what stands after the command's name. @param options as commander has read them.
 * @throws UsageError that names every argument whose value is not allowed.
 */
export function operationInput(
  name: OperationName,
  names: readonly string[],
  options: Readonly<Record<string, unknown>>,
): object {
  const input: Record<string, unknown> = {};
  const { subject } = COMMANDS[name];
  if (names.length > 0) {
    if (subject === Subject.Tenants) input["tenants"] = names;
    else input["tenant"] = names[0];
  }
  for (const flag of inputFlags(name)) {
    const option = optionOf(flag);
    const value = options[option.attributeName()];
    // Commander says true where `--no-host` was not given: the operation has its own default.
    if (value !== undefined && !(option.negate && value === true)) input[flag.field] = value;
  }
  const parsed = OPERATIONS[name].input.safeParse(input);
  if (parsed.success) return input;
  if (subject === Subject.Tenant && names.length === 0 && !("hubId" in input) && !("tunnelId" in input)) {
    throw new UsageError("No tenant is named.", ["Give its id, or --hub or --tunnel."]);
  }
  const problems = parsed.error.issues.map(({ path: [field], message }) => ({
    path: field === undefined ? COMMANDS[name].name : nameOf(name, String(field)),
    message,
  }));
  throw new UsageError("Not what the command takes; nothing was done.", [], problems);
}
