/** `tenant-edge add-shard`: one more stack for an environment. */
import type { Command } from "commander";
import { printable } from "../naming/printable.ts";
import type { AddedShard } from "../operations/shards/addShard.ts";
import { withDeadline } from "./deadline.ts";
import { exampleText } from "./exampleText.ts";
import { ExitCode } from "./exitCodes.ts";
import type { Finish } from "./finish.ts";
import { actorOf, chosenEnvironment, type GlobalOptions, projectFolder } from "./globalOptions.ts";
import type { Surroundings } from "./surroundings.ts";

interface AddShardOptions extends GlobalOptions {
  name?: string;
  like?: string;
  region?: string;
  image?: string;
  zones?: string;
  kmsKey?: string;
  account?: string;
  zone?: string;
  zoneName?: string;
  dryRun?: true;
}

function shardText(shard: AddedShard): string {
  const { stack, file, like, region, account, networkOf, secrets, sharedList, text, written, next } = shard;
  const network = networkOf === null ? "one of its own" : `that of ${networkOf}`;
  const lines = [
    `${file} ${written ? "is written" : "would be written"}: the stack ${stack}, like ${like}, without tenants.`,
    `  region    ${region}`,
    `  account   ${account}`,
    `  network   ${network}`,
    ...(secrets.length > 0 ? [`  secrets   ${secrets.join(", ")}, encrypted anew`] : []),
    ...(sharedList === null ? [] : [`  list      ${sharedList}`]),
    "",
    ...(written
      ? ["Next:", ...next.map((step) => `- ${step}`)]
      : [text.trimEnd(), "", "Nothing was written."]),
  ];
  return printable(lines.join("\n"));
}

async function run(
  options: AddShardOptions,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { stdout, env } = surroundings;
  const directory = projectFolder(options, surroundings);
  const environment = chosenEnvironment(options, directory, env);
  // Loaded late: no other command edits whole stack files.
  const { addShard } = await import("../operations/shards/addShard.ts");
  const shard = await addShard({
    directory,
    environment,
    env,
    signal,
    actor: actorOf(options, env),
    surface: "cli",
    dryRun: options.dryRun === true,
    name: options.name,
    like: options.like,
    region: options.region,
    imageId: options.image,
    availabilityZones: options.zones?.split(",").map((zone) => zone.trim()),
    kmsKeyArn: options.kmsKey,
    accountId: options.account,
    zoneId: options.zone,
    zoneName: options.zoneName,
  });
  stdout.write(`${options.json ? JSON.stringify(shard, null, 2) : shardText(shard)}\n`);
  return ExitCode.done;
}

export function addAddShardCommand(program: Command, surroundings: Surroundings, finish: Finish): void {
  program
    .command("add-shard")
    .description("Add a stack to an environment, with the settings of one that is there and no tenants")
    .option("--name <stack>", "its name; default: the next number, prod-3 after prod-2")
    .option("--like <stack>", "whose settings it gets; default: the last stack of the region and account")
    .option("--region <region>", "AWS region; default: that of the stack it is like")
    .option("--image <id>", "what hosts begin with; needed in a region that the environment is not in yet")
    .option("--zones <list>", "availability zones of a new region's network; default: a and b")
    .option("--kms-key <arn>", "key of the parameters, of a new region")
    .option("--account <id>", "Cloudflare account; another one needs --zone and --zone-name")
    .option("--zone <id>", "zone of that account")
    .option("--zone-name <name>", "name of that zone")
    .option("--dry-run", "only show what it would do")
    .addHelpText(
      "after",
      exampleText("add-shard", [
        ["--env prod", "room for more tenants, beside those that are there"],
        ["--env prod --region us-east-1 --image ami-0c7217cdde317cfec --name prod-us", "in a new region"],
        [
          "--env prod --account 0123…cdef --zone fedc…3210 --zone-name example.net",
          "in another Cloudflare account",
        ],
      ]),
    )
    .action(async (_: object, command: Command) => {
      const options = command.optsWithGlobals<AddShardOptions>();
      finish(
        await withDeadline(options.timeout, surroundings.signal, (signal) =>
          run(options, surroundings, signal),
        ),
      );
    });
}
