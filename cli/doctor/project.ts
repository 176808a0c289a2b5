/** The project's files, and what the other checks take from them. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { StackConfig } from "../../config/schema.ts";
import type { StackFile } from "../../operations/configuration.ts";
import { OperationError } from "../../operations/errors.ts";
import { type Check, type CheckGroup, missing, ok, type Verdict } from "./check.ts";
import { messageOf } from "./runChecks.ts";

/** What could be read of a stack file. */
export interface Project {
  directory: string;
  stack: string;
  file: StackFile | undefined;
  /** Absent when they have problems. */
  settings: Omit<StackConfig, "tenants"> | undefined;
  region: string;
  /** Of everything in the file but the tenants. */
  verdict: Verdict;
  /** Of the list of tenants, wherever it is. Absent when the settings have problems. */
  tenants: Verdict | undefined;
}

/** Never rejects, unless the signal is aborted: what is wrong is the verdict. */
async function judge(read: () => Promise<Verdict>, signal: AbortSignal): Promise<Verdict> {
  try {
    return await read();
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof OperationError)) return missing(messageOf(error));
    const { message, problems, ways } = error;
    const detail =
      problems.length === 0
        ? message
        : `${problems.length} ${problems.length === 1 ? "problem" : "problems"}`;
    return missing(detail, ...problems.map((problem) => `${problem.path}: ${problem.message}`), ...ways);
  }
}

/**
 * Reads the stack file and the list of tenants that belongs to it: each on its own, so that a list with problems, or one
 * that cannot be reached, leaves the clouds to be checked.
 */
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
  let settings: Project["settings"];
  const verdict = await judge(async () => {
    file = await readStackFile(directory, stack);
    ({ settings } = checkConfiguration(file, { entries: [], location: file.path }));
    return ok(file.path);
  }, signal);
  const project = { directory, stack, file, settings, region: file?.region ?? "", verdict };
  if (file === undefined || settings === undefined) return { ...project, tenants: undefined };
  const stackFile = file;
  const tenants = await judge(async () => {
    const place = stackFile.raw["tenantList"];
    const tenantList = typeof place === "string" ? place : undefined;
    const list = await (await openTenantList({ directory, stack, tenantList, env })).read(signal);
    return ok(`${checkConfiguration(stackFile, list).tenants.length} in ${list.location}`);
  }, signal);
  return { ...project, tenants };
}

export function projectChecks({ directory, stack, verdict, tenants }: Project): CheckGroup {
  const folder: Check = {
    name: "Pulumi.yaml",
    run: () =>
      existsSync(join(directory, "Pulumi.yaml"))
        ? ok(directory)
        : missing(`${directory} has none`, "Go to the project's folder, or name it with --cwd."),
  };
  return {
    name: "project",
    checks: [
      folder,
      { name: `stack file of ${stack}`, run: () => verdict },
      ...(tenants === undefined ? [] : [{ name: "tenants", run: () => tenants }]),
    ],
  };
}
