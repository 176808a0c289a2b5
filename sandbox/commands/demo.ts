/** `npm run demo`: a tenant's whole life with its times, on the real engine, in a sandbox of its own that is thrown away. */
import pc from "picocolors";
import prettyMilliseconds from "pretty-ms";
import { OperationError } from "../../operations/errors.ts";
import { openOperations } from "../../operations/open.ts";
import { DEFAULT_STACK } from "../engine/defaultStack.ts";
import { findEngine } from "../engine/findEngine.ts";
import { openScratchStack, type ScratchStack } from "../scratchStack.ts";
import { UserError } from "../userError.ts";
import { DEMO_CONFIG, type Demo, demoLife } from "./demoLife.ts";
import { runCommand } from "./runCommand.ts";
import { showEngineProgress } from "./showEngineProgress.ts";

const say = (text = "") => process.stdout.write(`${text}\n`);
const since = (start: number) => prettyMilliseconds(performance.now() - start, { secondsDecimalDigits: 1 });

async function findEngineVisibly(signal: AbortSignal) {
  const display = showEngineProgress(process.stderr);
  try {
    return await findEngine({ report: display.report, signal });
  } finally {
    display.close();
  }
}

/** What an operation says to its users, and not where in the code. */
function forUsers(title: string, error: unknown): unknown {
  if (!(error instanceof OperationError)) return error;
  const ways = error.ways.map((way) => `\n  ${way}`).join("");
  return new UserError(`\n"${title}" failed: ${error.message}${ways}`);
}

/** Shows each step under its title, with its time and the calls that it made. */
function stepper({ sandbox }: ScratchStack, signal: AbortSignal): Demo["step"] {
  const { calls } = sandbox.cloudflare;
  return async (title, work) => {
    signal.throwIfAborted();
    say(`\n${pc.bold(title)}`);
    const start = performance.now();
    const mark = calls.mark();
    try {
      return await work((text) => say(text.replaceAll(/^/gm, "  ")));
    } catch (error) {
      throw forUsers(title, error);
    } finally {
      say(pc.dim(`  ${since(start)}, ${calls.since(mark, "api").length} Cloudflare calls`));
    }
  };
}

await runCommand(async (signal) => {
  const begun = performance.now();
  const engine = await findEngineVisibly(signal);
  const stack = await openScratchStack({ engine, config: DEMO_CONFIG });
  try {
    say(`Pulumi ${engine.version} (${engine.source}), a sandbox of its own in ${stack.folder}`);
    const operations = await openOperations({
      directory: stack.project,
      stack: DEFAULT_STACK,
      env: { ...stack.sandbox.env },
      actor: "demo",
    });
    try {
      await demoLife({ engine, stack, operations, signal, step: stepper(stack, signal) });
    } finally {
      await operations.close();
    }
    say(`\n${pc.bold("Done")}\n  all of it ${since(begun)}`);
    return 0;
  } finally {
    await stack.close();
  }
});
