/** What is wrong with a stack file, in a form that tells a person where to look and what to write. */
import { printableLine } from "../naming/printable.ts";

/** What every key of ours in a stack file begins with, whatever the Pulumi project is called. */
export const NAMESPACE = "tenant-edge:";

export interface Problem {
  /** Place in the stack file as `pulumi config set --path` takes it: `tenant-edge:tenants[1].host.imageId`. */
  path: string;
  /** What stands there, as JSON; "nothing" when it is missing. */
  found: string;
  /** What may stand there, in words. */
  allowed: string;
  /** What to do about it, when that is not plain from `allowed`. */
  action?: string;
}

const FOUND_LIMIT = 80;

/** A value as it appears in an error: JSON, cut when it is long. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  const json = JSON.stringify(value) ?? String(value);
  return printableLine(json.length > FOUND_LIMIT ? `${json.slice(0, FOUND_LIMIT)}…` : json);
}

export function formatPath(path: readonly PropertyKey[]): string {
  const [key, ...rest] = path;
  const steps = rest.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`));
  return printableLine(`${NAMESPACE}${String(key)}${steps.join("")}`);
}

function formatProblem(problem: Problem): string {
  const lines = [
    `  ${problem.path}`,
    `    found    ${problem.found}`,
    `    allowed  ${problem.allowed}`,
    ...(problem.action === undefined ? [] : [`    do       ${problem.action}`]),
  ];
  return lines.join("\n");
}

/** All problems of one stack file at once. Nothing has been registered when it is thrown. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    super(`${file} has ${count}; nothing was changed.\n\n${problems.map(formatProblem).join("\n\n")}\n`);
    this.name = "ConfigError";
    this.problems = problems;
  }
}
