/** The stacks of an environment, read and checked as a whole before anything runs. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import type { Problem } from "../../../config/problems.ts";
import { checkShards } from "../../../environment/checkShards.ts";
import { shardOf } from "../../../environment/shard.ts";
import type { ShardFile } from "../../../environment/shardFiles.ts";
import type { ListSnapshot } from "../../../tenantList/tenantList.ts";
import { checkConfiguration, readStackFile, type StackFile } from "../../configuration.ts";
import type { Configuration } from "../../context.ts";
import { ErrorCode, OperationError } from "../../errors.ts";
import { EnvironmentLists, type EnvironmentPlace } from "../shardLists.ts";
import { homeProblems } from "./homes.ts";

export interface Shard {
  stack: string;
  /** Name of the Pulumi project. */
  project: string;
  file: StackFile;
  configuration: Configuration;
  /** Of the shared list; undefined for a stack whose list is in its file. */
  sharedEntries: readonly unknown[] | undefined;
}

/** A problem that is told as it was found, and the stack file that it is in. */
interface ShardProblem {
  file: string;
  /** In the file, or the file itself. */
  path: string;
  message: string;
}

async function projectName(directory: string): Promise<string> {
  const { name } = parse(await readFile(join(directory, "Pulumi.yaml"), "utf8")) as { name: string };
  return name;
}

async function readShard(directory: string, project: string, { stack, raw }: ShardFile): Promise<Shard> {
  const { tenantList, tenants = [] } = raw;
  // Whatever it is: it is checked here.
  const entries = tenants as ListSnapshot["entries"];
  const file = await readStackFile(directory, stack);
  const configuration = checkConfiguration(file, { entries, location: file.path });
  const sharedEntries = typeof tenantList === "string" ? entries : undefined;
  return { stack, project, file, configuration, sharedEntries };
}

function asTold(file: string, { path, found, allowed, action }: Problem): ShardProblem {
  const todo = action === undefined ? "" : `; ${action}`;
  return { file, path, message: `found ${found}; allowed: ${allowed}${todo}` };
}

/** What is wrong with one file, in the words of whoever found it. */
function problemsOf(file: string, error: unknown): ShardProblem[] {
  if (!(error instanceof OperationError)) throw error;
  const { problems, message } = error;
  if (problems.length === 0) return [{ file, path: file, message }];
  return problems.map((problem) => ({ file, ...problem }));
}

function refusal(environment: string, code: ErrorCode, problems: readonly ShardProblem[]): OperationError {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return new OperationError(
    code,
    `the stack files of the environment ${environment} have ${count}; nothing was changed`,
    {
      problems: problems.map(({ file, path, message }) => ({
        path: path.includes(file) ? path : `${file}: ${path}`,
        message,
      })),
    },
  );
}

/**
 * In natural order: prod, prod-2, prod-10.
 *
 * @throws OperationError with every problem of every file: invalid-configuration, or name-taken when each file is right by
 * itself and they do not fit together.
 */
export async function readShards(place: EnvironmentPlace): Promise<Shard[]> {
  const { directory, environment } = place;
  const { shards: files, unreadable } = await new EnvironmentLists(place).read();
  const project = await projectName(directory);
  const results = await Promise.allSettled(files.map((file) => readShard(directory, project, file)));
  const shards = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const wrong = [
    ...unreadable.map((problem) => asTold(problem.path, problem)),
    ...results.flatMap((result, index) =>
      result.status === "rejected" ? problemsOf(files[index]?.file ?? "", result.reason) : [],
    ),
    ...homeProblems(shards).map(({ file, ...problem }) => asTold(file, problem)),
  ];
  const compared = shards.map(({ stack, configuration }) =>
    shardOf({ file: `Pulumi.${stack}.yaml`, ...configuration }),
  );
  const clashes = checkShards(compared).map(({ file, ...problem }) => asTold(file, problem));
  if (wrong.length + clashes.length === 0) return shards;
  const code = wrong.length === 0 ? ErrorCode.NameTaken : ErrorCode.InvalidConfiguration;
  throw refusal(environment, code, [...wrong, ...clashes]);
}
