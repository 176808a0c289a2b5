/** What can stand at the end of a command line that is being typed. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Argument, Command, Option } from "commander";
import { parse } from "yaml";
import { shortStackName } from "../../naming/shortStackName.ts";
import { environmentNames, stackNames, stacksOfEnvironment } from "../globalOptions.ts";

export interface Candidate {
  value: string;
  /** For shells that show one. */
  text: string;
}

export interface CompletionPlace {
  env: NodeJS.ProcessEnv;
  directory: string;
}

/** What needs no quoting in any shell: a file's name could be anything. */
const HARMLESS = /^[\w@%+=:,./-]+$/;

const plain = (values: readonly string[], text = ""): Candidate[] => values.map((value) => ({ value, text }));

/** What the words say so far. */
interface Typed {
  command: Command;
  /** Words that are neither options nor values of them, after the command's name. */
  names: string[];
  /** The option whose value comes next. */
  open: Option | undefined;
  values: Map<string, string>;
}

function takesValue(option: Option): boolean {
  return option.required || option.optional;
}

function read(program: Command, words: readonly string[]): Typed {
  const typed: Typed = { command: program, names: [], open: undefined, values: new Map() };
  for (const word of words) {
    if (typed.open !== undefined) {
      // Bash gives `--stack=prod` in three words.
      if (word === "=") continue;
      typed.values.set(typed.open.attributeName(), word);
      typed.open = undefined;
    } else if (word.startsWith("-")) {
      const [name, value] = word.split("=", 2);
      const option = optionsOf(typed.command, program).find(
        ({ long, short }) => name === long || name === short,
      );
      if (option === undefined) continue;
      if (!takesValue(option)) typed.values.set(option.attributeName(), "true");
      else if (value === undefined) typed.open = option;
      else typed.values.set(option.attributeName(), value);
    } else if (typed.command === program) {
      typed.command = program.commands.find((command) => command.name() === word) ?? program;
    } else typed.names.push(word);
  }
  return typed;
}

function optionsOf(command: Command, program: Command): readonly Option[] {
  return command === program ? program.options : [...command.options, ...program.options];
}

function folderOf({ values }: Typed, { directory }: CompletionPlace): string {
  return resolve(directory, values.get("cwd") ?? ".");
}

/** Stacks that the line is about: the one, or all of the environment. */
function stacksOf({ values }: Typed, folder: string, env: NodeJS.ProcessEnv): string[] {
  const named = (stack: string | undefined, environment: string | undefined) =>
    stack ? [shortStackName(stack)] : environment ? stacksOfEnvironment(folder, environment) : undefined;
  const [stack, environment] = [env["TENANT_EDGE_STACK"], env["TENANT_EDGE_ENV"]];
  return named(values.get("stack"), values.get("env")) ?? named(stack, environment) ?? [];
}

/** Ids in the stack files. A list that lives elsewhere is not asked for: completion must be quick. */
function tenantIds(typed: Typed, place: CompletionPlace): Candidate[] {
  const folder = folderOf(typed, place);
  return stacksOf(typed, folder, place.env).flatMap((stack) =>
    idsInFile(join(folder, `Pulumi.${stack}.yaml`)),
  );
}

function idsInFile(path: string): Candidate[] {
  try {
    const file: unknown = parse(readFileSync(path, "utf8"));
    const list: unknown = (file as { config?: Record<string, unknown> }).config?.["tenant-edge:tenants"];
    return (list as { id?: unknown; displayName?: unknown }[]).flatMap(({ id, displayName }) =>
      typeof id === "string" ? [{ value: id, text: typeof displayName === "string" ? displayName : "" }] : [],
    );
  } catch {
    return [];
  }
}

/** @param current what is typed of the value so far. */
function valuesOf(option: Option, typed: Typed, current: string, place: CompletionPlace): Candidate[] {
  if (option.attributeName() === "stack") {
    // An organization and a project, which no file names, stay as they were typed.
    const before = current.slice(0, current.lastIndexOf("/") + 1);
    return plain(stackNames(folderOf(typed, place)).map((name) => `${before}${name}`));
  }
  if (option.attributeName() === "env") return plain(environmentNames(folderOf(typed, place)));
  return plain(option.argChoices ?? []);
}

function argumentValues(argument: Argument, typed: Typed, place: CompletionPlace): Candidate[] {
  if (argument.argChoices !== undefined) return plain(argument.argChoices);
  return argument.name().startsWith("tenant") ? tenantIds(typed, place) : [];
}

function nextArgument({ command, names }: Typed): Argument | undefined {
  const known = command.registeredArguments;
  const last = known.at(-1);
  return known[names.length] ?? (last?.variadic ? last : undefined);
}

/**
 * @param words all that was typed after the command's name; the last one, which may be empty, is being typed.
 * @returns sorted as the help is. Empty where a shell's own completion, of files, is better.
 */
export function candidates(program: Command, words: readonly string[], place: CompletionPlace): Candidate[] {
  const [last = "", ...before] = words.toReversed();
  const typed = read(program, before.reverse());
  // In bash a value that has just begun is the sign itself.
  const current = last === "=" ? "" : last;
  const found = all(program, typed, current, place);
  return found
    .filter(({ value }) => value.startsWith(current) && HARMLESS.test(value))
    .map(({ value, text }) => ({ value, text: text.replace(/\s+/g, " ").replace(/\p{Cc}/gu, "") }));
}

function all(program: Command, typed: Typed, current: string, place: CompletionPlace): Candidate[] {
  if (typed.open !== undefined) return valuesOf(typed.open, typed, current, place);
  if (current.startsWith("-")) {
    const [name, begun = ""] = current.split("=", 2);
    const options = optionsOf(typed.command, program);
    const option = options.find(({ long }) => long === name);
    if (current.includes("=") && option !== undefined) {
      return valuesOf(option, typed, begun, place).map(({ value, text }) => ({
        value: `${name}=${value}`,
        text,
      }));
    }
    return [
      ...options
        .filter((candidate) => !typed.values.has(candidate.attributeName()))
        .map(({ long, flags, description }) => ({ value: long ?? flags, text: description })),
      { value: "--help", text: "explain the command" },
    ];
  }
  if (typed.command === program) {
    return program
      .createHelp()
      .visibleCommands(program)
      .map((command) => ({ value: command.name(), text: command.description() }));
  }
  const argument = nextArgument(typed);
  return argument === undefined ? [] : argumentValues(argument, typed, place);
}
