/** `npm run sandbox -- <command>`: look into the sandbox, empty it, or keep it running. */
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import { lockFolder } from "../lock.ts";
import { sandboxFolder } from "../session.ts";
import { UserError } from "../userError.ts";
import { callLines, callSummary, readCalls } from "./calls.ts";
import { inventoryTable, readInventory } from "./inventory.ts";
import { openSessionVisibly, runCommand } from "./runCommand.ts";

const say = (text: string) => process.stdout.write(`${text}\n`);

function wholeNumber(maximum: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (Number.isInteger(number) && number >= 0 && number <= maximum) return number;
    throw new InvalidArgumentError(`It has to be a whole number from 0 to ${maximum}.`);
  };
}

/** The folder, when there is something in it. */
function existingFolder(): string {
  const folder = sandboxFolder();
  if (!existsSync(folder))
    throw new UserError(`There is no sandbox in ${folder} yet. \`npm start\` makes one.`);
  return folder;
}

async function list(options: { json?: true }): Promise<number> {
  const items = existsSync(sandboxFolder()) ? readInventory(sandboxFolder()) : [];
  say(options.json ? JSON.stringify(items, null, 2) : inventoryTable(items));
  return 0;
}

async function calls(options: { last?: number; json?: true }): Promise<number> {
  const all = readCalls(existingFolder());
  const last = options.last === undefined ? all : options.last === 0 ? [] : all.slice(-options.last);
  if (options.json) say(JSON.stringify(last, null, 2));
  else say(options.last === undefined ? callSummary(all) : callLines(last));
  return 0;
}

async function reset(): Promise<number> {
  const folder = sandboxFolder();
  if (existsSync(folder)) {
    // Refuses while another command uses the folder.
    lockFolder(folder, "sandbox reset").release();
    rmSync(folder, { recursive: true, force: true });
  }
  say("The sandbox is empty.");
  return 0;
}

/** Cloudflare's own limit. Cloudflare documentation, "Rate limits" of the API. */
const RATE_LIMIT = { requests: 1200, windowSeconds: 300 };

async function serve(options: { port: number; rateLimit?: true }, signal: AbortSignal): Promise<number> {
  const session = await openSessionVisibly({
    command: "sandbox serve",
    signal,
    edgePort: options.port,
    rateLimit: options.rateLimit && RATE_LIMIT,
  });
  try {
    if (session.lock === undefined) {
      throw new UserError(
        `A sandbox is being served on this folder already: its edge is ${session.urls.edge}`,
      );
    }
    session.lock.publish({ env: session.env, urls: { ...session.urls } });
    say(`edge        ${session.urls.edge}`);
    say(`Cloudflare  ${session.urls.cloudflare}`);
    say(`AWS         ${session.urls.aws}`);
    say(`\n  curl -H 'Host: <hostname of a tenant>' ${session.urls.edge}/`);
    say("\nOther commands use this sandbox while it is served. Ctrl-C ends it.");
    if (!signal.aborted) await once(signal, "abort");
    return 0;
  } finally {
    await session.close();
  }
}

await runCommand(async (signal) => {
  let exitCode = 0;
  const program = new Command("sandbox").description("Look into the sandbox, empty it, or keep it running.");
  program
    .command("ls")
    .description("list everything that is in the emulated Cloudflare account and in AWS")
    .option("--json", "print JSON")
    .action(async (options) => {
      exitCode = await list(options);
    });
  program
    .command("calls")
    .description("show which Cloudflare calls were made, and how often")
    .option("--last <n>", "show the last calls one by one", wholeNumber(10_000))
    .option("--json", "print JSON")
    .action(async (options) => {
      exitCode = await calls(options);
    });
  program
    .command("reset")
    .description("throw the sandbox's state away: clouds, stacks and copies of stack files")
    .action(async () => {
      exitCode = await reset();
    });
  program
    .command("serve")
    .description("keep the sandbox running, for curl and for several commands at once")
    .option("--port <n>", "port of the emulated edge; 0 is any free one", wholeNumber(65_535), 0)
    .option("--rate-limit", "answer 429 above 1,200 Cloudflare calls in 5 minutes, as Cloudflare does")
    .action(async (options) => {
      exitCode = await serve(options, signal);
    });
  await program.parseAsync(["node", "sandbox", ...process.argv.slice(2)]);
  return exitCode;
});
