/** `npm start`: three tenants, created by the real engine, answered through the emulated edge, and unchanged by a second run. */
import pc from "picocolors";
import prettyMilliseconds from "pretty-ms";
import { DEFAULT_STACK } from "../engine/defaultStack.ts";
import { runPulumi } from "../engine/runPulumi.ts";
import type { Session } from "../session.ts";
import { UserError } from "../userError.ts";
import { countCalls } from "./calls.ts";
import { readFailedBoots } from "./inventory.ts";
import { openSessionVisibly, runCommand } from "./runCommand.ts";
import { type Answer, checkTenants, readTenants, type ShownTenant, tenantTable } from "./tenants.ts";

const say = (text = "") => process.stdout.write(`${text}\n`);
const step = (text: string) => say(`\n${pc.bold(text)}`);
const since = (start: number) => prettyMilliseconds(performance.now() - start, { secondsDecimalDigits: 1 });

/** One `pulumi` command in the user's terminal. @returns how long it took and how many calls it made. */
async function pulumi(session: Session, args: string[], signal: AbortSignal) {
  const start = performance.now();
  const before = countCalls(session.folder);
  const { exitCode } = await runPulumi(session.engine, args, {
    cwd: session.directory,
    env: session.env,
    signal,
  });
  if (exitCode !== 0)
    throw new UserError(`\`pulumi ${args.join(" ")}\` failed with exit code ${exitCode}; see above.`);
  return { time: since(start), cloudflareCalls: countCalls(session.folder) - before };
}

/** What the edge answered for tenants that are not up, and what their hosts say. */
function explainSilence(
  session: Session,
  tenants: readonly ShownTenant[],
  silent: readonly Answer[],
): string {
  const boots = readFailedBoots(session.folder);
  const lines = silent.map(({ id, state }) => {
    const hosts = tenants.find((tenant) => tenant.id === id)?.instanceIds ?? [];
    return [
      `${id} is not up: ${state}`,
      ...hosts.map((host) => `  ${host} ${boots.get(host) ?? "is running"}`),
    ].join("\n");
  });
  return lines.join("\n");
}

await runCommand(async (signal) => {
  const begun = performance.now();
  const session = await openSessionVisibly({ command: "npm start", stack: DEFAULT_STACK, signal });
  try {
    const { version, source } = session.engine;
    say(`Pulumi ${version} (${source}), sandbox in ${session.folder}`);

    step("pulumi up: the staging stack");
    const created = await pulumi(
      session,
      ["up", "--stack", DEFAULT_STACK, "--yes", "--skip-preview", "--suppress-outputs"],
      signal,
    );

    step("Each tenant's hostname through the emulated edge");
    const tenants = await readTenants(session);
    const answers = await checkTenants(tenants, session.urls.edge);
    say(tenantTable(tenants, answers));

    step("pulumi up once more: nothing to do");
    const repeated = await pulumi(
      session,
      [
        "up",
        "--stack",
        DEFAULT_STACK,
        "--yes",
        "--skip-preview",
        "--suppress-outputs",
        "--expect-no-changes",
      ],
      signal,
    );

    step("Done");
    say(`  first up    ${created.time}, ${created.cloudflareCalls} Cloudflare calls`);
    say(`  second up   ${repeated.time}, ${repeated.cloudflareCalls} Cloudflare calls`);
    say(`  all of it   ${since(begun)}`);
    const silent = answers.filter(({ isUp }) => !isUp);
    if (silent.length > 0) throw new UserError(`\n${explainSilence(session, tenants, silent)}`);
    if (repeated.cloudflareCalls > 0)
      throw new UserError("\nThe second up should not have called Cloudflare.");

    step("What to try next");
    say("  npm run pulumi -- preview --diff         what a change of Pulumi.staging.yaml would do");
    say("  npm run pulumi -- stack output tenants   what the stack knows of its tenants");
    say("  npm run sandbox -- ls                    what is in the emulated clouds");
    say("  npm run sandbox -- serve                 keep the edge up and fetch a hostname with curl");
    say("  npm run pulumi -- destroy --yes          take everything away again");
    return 0;
  } finally {
    await session.close();
  }
});
