/**
 * Run as a process of its own, once for each measurement, as a run of the program or a command checks once: what it keeps
 * in memory would make a second check quicker. Prints milliseconds.
 *
 * Arguments: what to check (`Check`), the folder of the stack files, the environment.
 */
import { parseStack, type RawStack } from "../../config/parse.ts";
import { resolveTenant } from "../../config/tenants.ts";
import { problemsWithOthers } from "../../environment/otherShards.ts";
import { readShardFiles } from "../../environment/shardFiles.ts";
import { readShards } from "../../operations/shards/up/readShards.ts";
import { Check } from "../checkKind.ts";

const REGION = "eu-west-1";
const [kind = "", folder = "", environment = ""] = process.argv.slice(2);

function parsed(raw: RawStack) {
  const { config, problems } = parseStack(raw, REGION);
  if (config !== undefined) return config;
  throw new Error(problems.map(({ path, found }) => `${path}: ${found}`).join("\n"));
}

/** All tenants of the environment in one list. */
async function validation(): Promise<() => void> {
  const { shards } = await readShardFiles(folder, environment);
  const tenants = shards.flatMap(({ raw }) => raw["tenants"] as unknown[]);
  const [first] = shards;
  const limits = { ...(first?.raw["limits"] as object), tenantsPerStack: tenants.length };
  const whole = { ...first?.raw, limits, tenants };
  return () => {
    const config = parsed(whole);
    for (const tenant of config.tenants) resolveTenant(config, tenant);
  };
}

async function beside(): Promise<void> {
  const { shards } = await readShardFiles(folder, environment);
  const [own, ...others] = shards;
  const { tenants: entries, ...settings } = parsed(own?.raw ?? {});
  const checked = { file: own?.file ?? "", settings, entries };
  const { incomparable, clashes } = problemsWithOthers(checked, { shards: others, unreadable: [] });
  const problems = [...incomparable, ...clashes];
  if (problems.length > 0) throw new Error(problems.map(({ path, found }) => `${path}: ${found}`).join("\n"));
}

/** What is to be timed, with what it needs made ready. */
const CHECKS: Record<Check, () => Promise<() => unknown>> = {
  [Check.Validation]: validation,
  [Check.Beside]: async () => beside,
  [Check.All]: async () => () => readShards({ directory: folder, environment, env: process.env }),
};

const run = await CHECKS[kind as Check]();
const start = performance.now();
await run();
process.stdout.write(String(performance.now() - start));
