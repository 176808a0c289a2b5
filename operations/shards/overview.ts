/** The stacks of a folder as their files have them: for people, and for pipelines that run a job for each. */
import { readdir } from "node:fs/promises";
import { limitsSchema } from "../../config/limitSchema.ts";
import { type Problem, show } from "../../config/problems.ts";
import { readShardFiles, type ShardFile, STACK_FILE } from "../../environment/shardFiles.ts";
import { shortStackName } from "../../naming/shortStackName.ts";
import { ErrorCode, OperationError } from "../errors.ts";
import { inOrder } from "./order.ts";

export interface ShardOverview {
  stack: string;
  environment: string;
  /** `aws:region`; null when the file does not have it. */
  region: string | null;
  /** Cloudflare account; null when the file does not have it. */
  account: string | null;
  /** Name of the Cloudflare zone; null when the file does not have it. */
  zone: string | null;
  /** Entries of the file's list: of a shared list, this is the copy. */
  tenants: number;
  /** How many it may have: `tenant-edge:limits.tenantsPerStack`. */
  tenantsPerStack: number;
  /** Stack whose network it uses, or id of an existing VPC; null when it makes its own. */
  network: string | null;
  /** Stack of the same environment that has to be deployed before it: the one that has the network. */
  after: string | null;
}

const ENVIRONMENT = "tenant-edge:environment";

function refusal(problems: readonly Problem[]): OperationError {
  const lines = problems.map(({ path, found, allowed, action }) => ({
    path,
    message: `found ${found}; allowed: ${allowed}; ${action}`,
  }));
  const text = lines.map(({ path, message }) => `${path}: ${message}`).join("\n");
  return new OperationError(
    ErrorCode.InvalidConfiguration,
    `What stacks there are cannot be told.\n${text}`,
    { problems: lines },
  );
}

const isFields = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const textAt = (value: unknown, key: string): string | null => {
  const found = isFields(value) ? value[key] : undefined;
  return typeof found === "string" ? found : null;
};

function overviewOf(
  environment: string,
  { stack, raw, region }: ShardFile,
  stacks: ReadonlySet<string>,
): ShardOverview {
  const { cloudflare, tenants, network } = raw;
  // What is wrong with the limits, the stack's own run tells.
  const { tenantsPerStack } = limitsSchema.catch(() => limitsSchema.parse({})).parse(raw["limits"] ?? {});
  const lender = textAt(network, "stack");
  const before = lender === null ? null : shortStackName(lender);
  return {
    stack,
    environment,
    region: region ?? null,
    account: textAt(cloudflare, "accountId"),
    zone: textAt(cloudflare, "zoneName"),
    tenants: Array.isArray(tenants) ? tenants.length : 0,
    tenantsPerStack,
    network: lender ?? textAt(network, "vpcId"),
    after: before !== null && before !== stack && stacks.has(before) ? before : null,
  };
}

/**
 * The stacks of one environment, in their natural order: prod, prod-2, prod-10.
 *
 * @throws OperationError invalid-configuration when a file that may be of it cannot be read.
 */
export async function shardsOf(directory: string, environment: string): Promise<ShardOverview[]> {
  const { shards, unreadable } = await readShardFiles(directory, environment);
  if (unreadable.length > 0) throw refusal(unreadable);
  const stacks = new Set(shards.map(({ stack }) => stack));
  return inOrder(shards.map((shard) => overviewOf(environment, shard, stacks)));
}

/**
 * The stacks of all environments.
 *
 * @param environments names of them, as the files have them.
 * @throws OperationError invalid-configuration when there is a stack file that is of none of them: a pipeline would leave its
 * stack out without a word.
 */
export async function shardsOfAll(
  directory: string,
  environments: readonly string[],
): Promise<ShardOverview[]> {
  const found = (await Promise.all(environments.map((name) => shardsOf(directory, name)))).flat();
  const known = new Set(found.map(({ stack }) => `Pulumi.${stack}.yaml`));
  const others = (await readdir(directory)).filter((file) => STACK_FILE.test(file) && !known.has(file));
  if (others.length === 0) return found;
  throw refusal(
    others.sort().map((file) => ({
      path: file,
      found: show(undefined),
      allowed: `a stack file that says its ${ENVIRONMENT} itself`,
      action: "write it there, also when an environment of Pulumi ESC has it, or take the file away",
    })),
  );
}
