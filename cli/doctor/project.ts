/** The project's files, and what the other checks take from them. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { StackConfig } from "../../config/schema.ts";
import type { StackFile } from "../../operations/configuration.ts";
import { OperationError } from "../../operations/errors.ts";
import { type Check, type CheckGroup, missing, ok, type Verdict } from "./check.ts";

/** What could be read of a stack file. */
export interface Project {
  directory: string;
  stack: string;
  file: StackFile | undefined;
  /** Absent when the file has problems. */
  settings: Omit<StackConfig, "tenants"> | undefined;
  region: string;
  verdict: Verdict;
}

/** Reads the stack file and the list of tenants that belongs to it. Never rejects: what is wrong is the verdict. */
export async function readProject(
  directory: string,
  stack: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Project> {
  const [{ checkConfiguration, readStackFile }, { openTenantList }] = await Promise.all([
    import("../../operations/configuration.ts"),
    import("../../tenantList/openTenantList.ts"),
  ]);
  let file: StackFile | undefined;
  try {
    file = await readStackFile(directory, stack);
    const place = file.raw["tenantList"];
    const tenantList = typeof place === "string" ? place : undefined;
    const list = await (await openTenantList({ directory, stack, tenantList, env })).read(signal);
    const { settings, region, tenants } = checkConfiguration(file, list);
    const verdict = ok(`${tenants.length} tenants in ${list.location}`);
    return { directory, stack, file, settings, region, verdict };
  } catch (error) {
    signal.throwIfAborted();
    const [message = "", ...problems] =
      error instanceof OperationError && error.problems.length > 0
        ? [
            `${error.problems.length} ${error.problems.length === 1 ? "problem" : "problems"}`,
            ...error.problems.map((problem) => `${problem.path}: ${problem.message}`),
          ]
        : [error instanceof Error ? error.message : String(error)];
    const ways = error instanceof OperationError ? error.ways : [];
    const verdict = missing(message, ...problems, ...ways);
    return { directory, stack, file, settings: undefined, region: file?.region ?? "", verdict };
  }
}

export function projectChecks({ directory, stack, verdict }: Project): CheckGroup {
  const folder: Check = {
    name: "Pulumi.yaml",
    run: () =>
      existsSync(join(directory, "Pulumi.yaml"))
        ? ok(directory)
        : missing(`${directory} has none`, "Go to the project's folder, or name it with --cwd."),
  };
  return { name: "project", checks: [folder, { name: `stack file of ${stack}`, run: () => verdict }] };
}
