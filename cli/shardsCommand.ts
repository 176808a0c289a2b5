/** `tenant-edge shards`: the stacks of an environment, or of all. */
import type { Command } from "commander";
import type { ShardOverview } from "../operations/shards/overview.ts";
import { exampleText } from "./exampleText.ts";
import { ExitCode } from "./exitCodes.ts";
import type { Finish } from "./finish.ts";
import {
  type Colours,
  chosenEnvironment,
  coloursFor,
  environmentNames,
  type GlobalOptions,
  projectFolder,
} from "./globalOptions.ts";
import type { Surroundings } from "./surroundings.ts";
import { table } from "./text/table.ts";

function networkText({ network, after }: ShardOverview): string {
  if (network === null) return "its own";
  return after === null ? network : `of ${after}`;
}

function shardsText(shards: readonly ShardOverview[], colours: Colours): string {
  const rows = shards.map((shard) => [
    shard.environment,
    shard.stack,
    shard.region ?? "",
    shard.account ?? "",
    shard.zone ?? "",
    `${shard.tenants} of ${shard.tenantsPerStack}`,
    networkText(shard),
  ]);
  return table(["environment", "stack", "region", "account", "zone", "tenants", "network"], rows, colours);
}

async function showShards(options: GlobalOptions, surroundings: Surroundings): Promise<ExitCode> {
  const { stdout, env } = surroundings;
  // Loaded late: the schema of a stack file takes its time.
  const { shardsOf, shardsOfAll } = await import("../operations/shards/overview.ts");
  const directory = projectFolder(options, surroundings);
  const isOne = [options.stack, options.env, env["TENANT_EDGE_ENV"]].some(Boolean);
  const shards = isOne
    ? await shardsOf(directory, chosenEnvironment(options, directory, env))
    : await shardsOfAll(directory, environmentNames(directory));
  const text = options.json
    ? JSON.stringify({ shards }, null, 2)
    : shardsText(shards, coloursFor(stdout, options, env));
  stdout.write(`${text}\n`);
  return ExitCode.done;
}

export function addShardsCommand(program: Command, surroundings: Surroundings, finish: Finish): void {
  program
    .command("shards")
    .description("Show the stacks of an environment, or of all, as their files have them")
    .addHelpText(
      "after",
      exampleText("shards", [
        ["", "of all environments"],
        ["--env prod --json", "for a program"],
      ]),
    )
    .action(async (_: object, command: Command) => {
      finish(await showShards(command.optsWithGlobals<GlobalOptions>(), surroundings));
    });
}
