/** `tenant-edge serve`. */
import type { Command } from "commander";
import { ErrorCode, OperationError } from "../operations/errors.ts";
import { dataPlace } from "./dataPlace.ts";
import { exampleText } from "./exampleText.ts";
import { ExitCode } from "./exitCodes.ts";
import type { Finish } from "./finish.ts";
import { number } from "./flags.ts";
import { actorOf, chosenStack, type GlobalOptions, projectFolder } from "./globalOptions.ts";
import { packageVersion } from "./packageVersion.ts";
import type { Surroundings } from "./surroundings.ts";

interface ServeOptions extends GlobalOptions {
  host?: string;
  port?: number;
  tokensFile?: string;
  basePath?: string;
  waitSeconds?: number;
  drainSeconds?: number;
  trustedProxies?: number;
  metricsOpen?: true;
}

/** Errors of a socket. */
const LISTENING: Readonly<Record<string, string>> = {
  EADDRINUSE: "is in use: name another port with --port",
  EADDRNOTAVAIL: "is no address of this machine: name another with --host",
  EACCES: "may not be used: take a port above 1023",
};

function startError(error: unknown, { host = "127.0.0.1", port = 8787 }: ServeOptions): unknown {
  if (!(error instanceof Error)) return error;
  const problem = LISTENING[(error as NodeJS.ErrnoException).code ?? ""];
  if (problem === undefined) return error;
  return new OperationError(ErrorCode.NotSetUp, `${host}:${port} ${problem}.`, { cause: error });
}

async function runService(options: ServeOptions, surroundings: Surroundings): Promise<ExitCode> {
  const { env } = surroundings;
  const directory = projectFolder(options, surroundings);
  const stack = chosenStack(options, directory, env);
  const [{ serve }, { openDocumentStore }] = await Promise.all([
    import("../service/serve.ts"),
    import("../storage/openDocumentStore.ts"),
  ]);
  const actor = actorOf(options, env);
  const operations = await surroundings.open({ directory, stack, actor, surface: "service" });
  try {
    const documents = await openDocumentStore(dataPlace(directory, env), env);
    const service = await serve({
      ...options,
      operations,
      documents,
      version: packageVersion(),
      env,
    });
    // The service ends gracefully by itself.
    surroundings.leaveInterrupts();
    surroundings.stderr.write(`${stack} is served at ${service.url}\n`);
    await service.stopped;
    return ExitCode.done;
  } catch (error) {
    throw startError(error, options);
  } finally {
    await operations.close();
  }
}

export function addServeCommand(program: Command, surroundings: Surroundings, finish: Finish): void {
  program
    .command("serve")
    .description("Serve the operations over HTTP, until it is interrupted")
    .option("--host <address>", "address to listen on; default: 127.0.0.1, which only this machine reaches")
    .option("--port <port>", "default: 8787", number)
    .option("--tokens-file <path>", "file of bearer tokens; default: TENANT_EDGE_SERVICE_TOKENS_FILE")
    .option("--base-path <path>", "where it is mounted, as /staging; default: at the root")
    .option("--wait-seconds <seconds>", "how long an answer may be waited for; default: 240", number)
    .option("--drain-seconds <seconds>", "how long a running operation may take to end; default: 60", number)
    .option("--trusted-proxies <number>", "proxies in front that add to X-Forwarded-For; default: 0", number)
    .option("--metrics-open", "/metrics needs no token")
    .addHelpText(
      "after",
      exampleText("serve", [
        ["--stack prod --tokens-file tokens.yaml", "on http://127.0.0.1:8787"],
        ["--stack prod --host 0.0.0.0 --port 80", "in a container behind a proxy that speaks TLS"],
      ]),
    )
    .action(async (_: object, command: Command) => {
      finish(await runService(command.optsWithGlobals<ServeOptions>(), surroundings));
    });
}
