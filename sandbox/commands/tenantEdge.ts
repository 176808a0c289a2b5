/** `npm run tenant-edge -- <arguments>`: the command `tenant-edge` on the sandbox. */
import { constants } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { readCommandLine } from "../engine/commandLine.ts";
import { DEFAULT_STACK } from "../engine/defaultStack.ts";
import { CHECKOUT } from "../session.ts";
import { UserError } from "../userError.ts";
import { openSessionVisibly, runCommand } from "./runCommand.ts";

const args = process.argv.slice(2);

const INTERRUPTS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** A shell adds the number of the signal to this for the exit code of a command that was ended by it. */
const SIGNAL_BASE = 128;

/**
 * One Ctrl-C arrives several times: from the terminal, and again from npm, which passes it on. What follows within
 * this many milliseconds is the same one.
 */
const SAME_INTERRUPT = 500;

/** Settings of the command in the user's shell, which a sandbox that another process serves knows nothing of. */
const OWN_SETTING = /^(?:TENANT_EDGE_(?:ACTOR|AUDIT|DATA|SERVICE_\w+|STORAGE_\w+)|NO_COLOR)$/;

function ownSettings(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => OWN_SETTING.test(name)));
}

/** Runs it in this terminal. */
async function runTenantEdge(
  options: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<number> {
  const child = execa(process.execPath, [join(CHECKOUT, "bin/tenant-edge.js"), ...options, ...args], {
    env,
    extendEnv: false,
    stdio: "inherit",
    reject: false,
  });
  let last = Number.NEGATIVE_INFINITY;
  const interrupt = () => {
    if (performance.now() - last < SAME_INTERRUPT) return;
    last = performance.now();
    child.kill("SIGINT");
  };
  for (const name of INTERRUPTS) process.on(name, interrupt);
  signal.addEventListener("abort", interrupt, { once: true });
  try {
    const result = await child;
    if (result.exitCode === undefined && result.signal === undefined) throw new Error(result.shortMessage);
    const ended = result.signal === undefined ? 0 : constants.signals[result.signal];
    return result.exitCode ?? SIGNAL_BASE + ended;
  } finally {
    for (const name of INTERRUPTS) process.off(name, interrupt);
    signal.removeEventListener("abort", interrupt);
  }
}

/** What needs neither engine nor clouds. */
function isAboutItself(): boolean {
  const { words, asksForHelp } = readCommandLine(args);
  return (
    asksForHelp ||
    args.includes("--version") ||
    ["help", "completion", "service-token", undefined].includes(words[0])
  );
}

await runCommand(async (signal) => {
  if (isAboutItself()) return runTenantEdge([], process.env, signal);
  const { stack = process.env["TENANT_EDGE_STACK"] || DEFAULT_STACK, hasOtherFolder } = readCommandLine(args);
  if (hasOtherFolder) {
    throw new UserError(
      "--cwd does not work here: the sandbox runs the program of this repository on copies of its stack files",
    );
  }
  const session = await openSessionVisibly({
    command: `tenant-edge ${args.join(" ")}`.trim(),
    stack,
    signal,
  });
  try {
    const env = { ...session.env, ...ownSettings(), TENANT_EDGE_STACK: stack };
    return await runTenantEdge(["--cwd", session.directory], env, signal);
  } finally {
    await session.close();
  }
});
