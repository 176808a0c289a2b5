/** How a stack stands: what its last update was, and whether that is still what is there. */
import { availableParallelism } from "node:os";
import pMap from "p-map";
import pRetry from "p-retry";
import { z } from "zod";
import { shortStackName } from "../../../naming/shortStackName.ts";
import { isHalfWritten } from "../../engine/failures.ts";
import { STATE_POLL } from "../../engine/mender.ts";
import { type DetachedPulumi, EngineCommandError } from "../../engine/pulumiCommand.ts";
import { hasOnlyLooked, LOOK_BACK } from "../../engine/standing.ts";
import { digestIn } from "./inputs.ts";
import { organizationProblem } from "./organizations.ts";

const MILLISECONDS = 1000;
/**
 * Seconds between the end that the history tells of an update, in whole ones, and the last time that the update wrote the
 * state: the engine takes the time first, then waits for its display. Source: pulumi, `pkg/backend/diy/backend.go`, `apply`.
 * Measured: up to 1.0 in 260 runs, on two processors with 8 to 15 processes to run. The first write of a next update came
 * 3.4 after it, and later.
 */
const ORDINARY_LAG = 1.25;
/** Seconds within which a later write may still be the update's own, of a machine that is very busy. */
const LONGEST_LAG = 30;

const summarySchema = z.object({
  name: z.string(),
  /** When the state was written last; not of a stack that was never updated. */
  lastUpdate: z.iso.datetime().optional(),
});
export type StackSummary = z.output<typeof summarySchema>;

const pastRunSchema = z.object({
  kind: z.string(),
  result: z.string(),
  message: z.string().default(""),
  /** In whole seconds. */
  endTime: z.iso.datetime().optional(),
  resourceChanges: z.record(z.string(), z.number()).default({}),
});
export type PastRun = z.output<typeof pastRunSchema>;

export interface Standing {
  /** False for a stack that was never made. */
  isThere: boolean;
  /** Of the inputs of its last update, when that succeeded and nothing was certainly changed since. */
  digest: string | undefined;
  /** An update has failed, or was killed: it may have left something. */
  isBroken: boolean;
}

/**
 * An update writes the state at every step, and its entry in the history when it ends: a state that was written long after
 * the last entry is that of an update that was killed, or was changed by other means. Of one that was written a little
 * after, nothing is certain: better one run too many.
 *
 * @param summary undefined for a stack that was never made. @param history the newest first.
 */
export function standingOf(summary: StackSummary | undefined, history: readonly PastRun[]): Standing {
  if (summary === undefined) return { isThere: false, digest: undefined, isBroken: false };
  const written = summary.lastUpdate === undefined ? 0 : Date.parse(summary.lastUpdate);
  const [newest] = history;
  const ended = newest?.endTime === undefined ? 0 : Date.parse(newest.endTime);
  const lag = (written - ended) / MILLISECONDS;
  const last = history.find(({ resourceChanges: changes, ...run }) => !hasOnlyLooked({ ...run, changes }));
  const isBroken = lag > LONGEST_LAG || (last !== undefined && last.result !== "succeeded");
  const isCertain = !isBroken && lag <= ORDINARY_LAG && last?.kind === "update";
  const digest = isCertain ? digestIn(last.message) : undefined;
  return { isThere: true, digest, isBroken };
}

async function read<T>(
  pulumi: DetachedPulumi,
  args: string[],
  directory: string,
  schema: z.ZodType<T>,
): Promise<T> {
  const attempt = async () => (await pulumi.run(args, directory, {})).stdout;
  const text = await pRetry(attempt, { ...STATE_POLL, shouldRetry: ({ error }) => isHalfWritten(error) });
  return schema.parse(JSON.parse(text));
}

/**
 * The output `network` of a stack, which others may use.
 *
 * @throws EngineCommandError, also when the stack is not there, or has no such output.
 */
export async function readNetwork(
  pulumi: DetachedPulumi,
  directory: string,
  stack: string,
): Promise<unknown> {
  return await read(
    pulumi,
    ["stack", "output", "network", "--json", "--stack", stack],
    directory,
    z.unknown(),
  );
}

/** Of a stack of which nothing can be told: its own update says why. */
const UNKNOWN: Standing = { isThere: true, digest: undefined, isBroken: true };

/** All of the project. Rejects as `readStandings`. */
async function summariesOf(pulumi: DetachedPulumi, directory: string): Promise<StackSummary[] | undefined> {
  try {
    return await read(pulumi, ["stack", "ls", "--json"], directory, z.array(summarySchema));
  } catch (error) {
    // One state that was cut stands in the way of all; it is mended before that stack's update.
    if (isHalfWritten(error)) return undefined;
    throw error;
  }
}

async function standingIn(
  pulumi: DetachedPulumi,
  directory: string,
  stack: string,
  summary: StackSummary,
): Promise<Standing> {
  const page = ["--page-size", String(LOOK_BACK), "--page", "1"];
  const command = ["stack", "history", "--json", "--stack", stack, ...page];
  try {
    return standingOf(summary, await read(pulumi, command, directory, z.array(pastRunSchema)));
  } catch (error) {
    if (error instanceof EngineCommandError) return UNKNOWN;
    throw error;
  }
}

/**
 * By name, for each of these stacks. One run of the engine's command for all, and one for each stack that is there.
 *
 * @param directory folder of Pulumi.yaml. @throws EngineCommandError; OperationError not-set-up when they are in another
 * organization of Pulumi Cloud than the selected one.
 */
export async function readStandings(
  pulumi: DetachedPulumi,
  directory: string,
  stacks: readonly string[],
): Promise<Map<string, Standing>> {
  const listed = await summariesOf(pulumi, directory);
  const problem = organizationProblem(listed?.map(({ name }) => name) ?? [], stacks);
  if (problem !== undefined) throw problem;
  const summaries = listed && new Map(listed.map((summary) => [shortStackName(summary.name), summary]));
  const standings = await pMap(
    stacks,
    async (stack): Promise<[string, Standing]> => {
      if (summaries === undefined) return [stack, UNKNOWN];
      const summary = summaries.get(stack);
      if (summary === undefined) return [stack, standingOf(undefined, [])];
      return [stack, await standingIn(pulumi, directory, stack, summary)];
    },
    { concurrency: availableParallelism() },
  );
  return new Map(standings);
}
