/** `npm run pulumi -- <arguments>`: the real command line on the sandbox. */
import { readCommandLine } from "../engine/commandLine.ts";
import { runPulumi } from "../engine/runPulumi.ts";
import { openSessionVisibly, runCommand } from "./runCommand.ts";

const args = process.argv.slice(2);

await runCommand(async (signal) => {
  const session = await openSessionVisibly({
    command: `pulumi ${args.join(" ")}`.trim(),
    stack: readCommandLine(args).stack,
    signal,
  });
  try {
    const { exitCode } = await runPulumi(session.engine, args, {
      cwd: session.directory,
      env: session.env,
      signal,
    });
    return exitCode;
  } finally {
    await session.close();
  }
});
