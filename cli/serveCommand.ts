/** `tenant-edge serve`. */
import { type Command, InvalidArgumentError } from "commander";
import { ErrorCode, OperationError } from "../operations/errors.ts";
import { dataPlace } from "../operations/places.ts";
import { exampleText } from "./exampleText.ts";
import { ExitCode } from "./exitCodes.ts";
import type { Finish } from "./finish.ts";
import { actorOf, chosenTarget, type GlobalOptions, projectFolder } from "./globalOptions.ts";
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

/** @returns what reads an option's value. */
function wholeNumber(least: number, most: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It has to be a whole number from ${least} to ${most}.`);
  };
}

function basePath(value: string): string {
  if (/^(\/[A-Za-z0-9._~-]+)*$/.test(value)) return value;
  throw new InvalidArgumentError(
    "It has to be a path such as /staging: no slash at its end, letters, digits and . _ ~ - between slashes.",
  );
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
  const target = chosenTarget(options, directory, env);
  const [{ serve }, { openDocumentStore }] = await Promise.all([
    import("../service/serve.ts"),
    import("../storage/openDocumentStore.ts"),
  ]);
  const actor = actorOf(options, env);
  const operations = await surroundings.open({ directory, ...target, actor, surface: "service" });
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
    surroundings.stderr.write(
      `${"stack" in target ? target.stack : `The environment ${target.environment}`} is served at ${service.url}\n`,
    );
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
    .option("--port <port>", "0 to 65535, 0 for any free one; default: 8787", wholeNumber(0, 65_535))
    .option("--tokens-file <path>", "file of bearer tokens; default: TENANT_EDGE_SERVICE_TOKENS_FILE")
    .option("--base-path <path>", "where it is mounted, as /staging; default: at the root", basePath)
    .option(
      "--wait-seconds <seconds>",
      "how long an answer may be waited for, 1 to 3600; default: 240",
      wholeNumber(1, 3600),
    )
    .option(
      "--drain-seconds <seconds>",
      "how long a running operation may take to end, 0 to 3600; default: 60",
      wholeNumber(0, 3600),
    )
    .option(
      "--trusted-proxies <number>",
      "proxies in front that add to X-Forwarded-For, 0 to 10; default: 0",
      wholeNumber(0, 10),
    )
    .option("--metrics-open", "/metrics needs no token")
    .addHelpText(
      "after",
      exampleText("serve", [
        ["--stack prod --tokens-file tokens.yaml", "on http://127.0.0.1:8787"],
        ["--env prod --tokens-file tokens.yaml", "all stacks of the environment"],
        ["--stack prod --host 0.0.0.0 --port 80", "in a container behind a proxy that speaks TLS"],
      ]),
    )
    .action(async (_: object, command: Command) => {
      finish(await runService(command.optsWithGlobals<ServeOptions>(), surroundings));
    });
}
