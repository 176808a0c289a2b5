/** The process of the command `tenant-edge`. */
import { listenForInterrupts } from "./interrupts.ts";
import { runCli } from "./runCli.ts";

const { argv, stdin, stdout, stderr, env } = process;

/** Whoever reads may stop early, as `head` does: nothing is printed to them any more, and the operation goes on. */
for (const output of [stdout, stderr]) {
  output.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

const interrupts = listenForInterrupts(process, (text) => stderr.write(text));

try {
  process.exitCode = await runCli(argv.slice(2), {
    stdin,
    stdout,
    stderr,
    env,
    directory: process.cwd(),
    signal: interrupts.signal,
    leaveInterrupts: interrupts.leave,
    async open(options) {
      // Loads the engine's SDK: help and completion do without.
      if ("environment" in options) {
        const { openEnvironment } = await import("../operations/shards/openEnvironment.ts");
        return openEnvironment(options);
      }
      const { openOperations } = await import("../operations/open.ts");
      return openOperations(options);
    },
  });
} finally {
  interrupts.close();
}
