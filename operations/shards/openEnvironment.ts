/** Opens the operations on all stacks of an environment. */
import { resolve } from "node:path";
import { sharedBudget } from "../../clients/sharedBudget.ts";
import { openDocumentStore } from "../../storage/openDocumentStore.ts";
import type { Operations } from "../contract.ts";
import { knownError } from "../knownErrors.ts";
import { type OpenOptions, openOperations } from "../open.ts";
import { dataPlace } from "../places.ts";
import { environmentOperations } from "./environmentOperations.ts";
import { EnvironmentLists } from "./shardLists.ts";
import { Shards } from "./shards.ts";

export interface OpenEnvironmentOptions extends Omit<OpenOptions, "stack"> {
  /** Of all stacks whose file has it as `tenant-edge:environment`. */
  environment: string;
}

/**
 * The operations on an environment, as those on one stack: each tenant is looked for in the lists of all its stacks, and
 * what concerns all tenants is asked of all stacks. A stack is opened when it is needed for the first time.
 *
 * @throws OperationError invalid-configuration when no stack file is of the environment.
 */
export async function openEnvironment(options: OpenEnvironmentOptions): Promise<Operations> {
  const { environment, env = process.env, now = () => new Date(), ...rest } = options;
  const directory = resolve(options.directory ?? ".");
  try {
    const lists = new EnvironmentLists({ directory, environment, env });
    const shards = new Shards({
      environment,
      lists,
      open: (stack) => openOperations({ ...rest, directory, env, now, stack }),
      documents: await openDocumentStore(dataPlace(directory, env, options.data), env),
    });
    // Until a stack is open, what is known of the token in the surroundings.
    const budget = sharedBudget(env["CLOUDFLARE_API_TOKEN"], undefined, env);
    return await environmentOperations(shards, budget, now);
  } catch (error) {
    throw knownError(error);
  }
}
