/**
 * A language host for Node programs: what `pulumi-language-nodejs` is to an official installation. Engines built from
 * the Go module come without one; attaching this one also saves the start of a process per command.
 *
 * One host serves any number of engines, also at the same time: each is known by its connection.
 */
import { promisify } from "node:util";
import {
  Server,
  ServerCredentials,
  type ServerErrorResponse,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import {
  type ILanguageRuntimeServer,
  LanguageRuntimeService,
} from "@pulumi/pulumi/proto/language_grpc_pb.js";
import type { RunRequest, RunResponse } from "@pulumi/pulumi/proto/language_pb.js";
import language from "@pulumi/pulumi/proto/language_pb.js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import { execa } from "execa";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { PINNED_VERSION } from "./engine.ts";
import { EngineLog } from "./engineLog.ts";
import { ALREADY_REPORTED, programCommand } from "./nodeProgram.ts";
import { GROUP_LEADER, signalGroup, trackGroup } from "./processGroup.ts";

const END_WITH_HOST = new URL("endWithHost.js", import.meta.url).href;

export interface LanguageHost {
  /** On 127.0.0.1; for the engine's `PULUMI_DEBUG_LANGUAGES=nodejs:PORT`. */
  readonly port: number;
  /** Ends all programs that still run, and the service. */
  close(): Promise<void>;
}

export interface LanguageHostOptions {
  /**
   * What programs inherit. They are children of this process and not of the engine, so this should be the
   * environment that the engine gets. Default: that of this process.
   */
  readonly env?: NodeJS.ProcessEnv;
}

type RunningProgram = PromiseLike<unknown> & { readonly pid?: number | undefined };

/** How a program ended. */
interface ProgramEnd {
  readonly failed: boolean;
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly shortMessage?: string | undefined;
}

/** Serves until closed. */
export async function serveLanguageHost(options: LanguageHostOptions = {}): Promise<LanguageHost> {
  const env = options.env ?? process.env;
  /** Address of each engine's own service, by its connection. */
  const engines = new Map<string, string>();
  const programs = new Set<RunningProgram>();

  const service: Pick<
    ILanguageRuntimeServer,
    | "handshake"
    | "getPluginInfo"
    | "getRequiredPackages"
    | "getRequiredPlugins"
    | "run"
    | "cancel"
    | "about"
    | "getProgramDependencies"
    | "installDependencies"
    | "runtimeOptionsPrompts"
  > = {
    handshake(call, done) {
      engines.set(call.getPeer(), call.request.getEngineAddress());
      done(null, new language.LanguageHandshakeResponse());
    },
    getPluginInfo: (_call, done) => done(null, new plugin.PluginInfo().setVersion(PINNED_VERSION)),
    // Providers are attached to the engine: there is nothing to look for or to fetch.
    getRequiredPackages: (_call, done) => done(null, new language.GetRequiredPackagesResponse()),
    getRequiredPlugins: (_call, done) => done(null, new language.GetRequiredPluginsResponse()),
    run: answer((call: ServerUnaryCall<RunRequest, RunResponse>) => {
      const engine = engines.get(call.getPeer());
      if (engine === undefined)
        throw grpcError(status.FAILED_PRECONDITION, "Run was called before Handshake");
      return runProgram(call, engine, env, programs);
    }),
    // The engine stops the program by refusing its registrations: hooks of operations under way still run in it.
    cancel: (_call, done) => done(null, new empty.Empty()),
    about: (_call, done) =>
      done(null, new language.AboutResponse().setExecutable(process.execPath).setVersion(process.version)),
    getProgramDependencies: (_call, done) => done(null, new language.GetProgramDependenciesResponse()),
    installDependencies(call) {
      call.emit(
        "error",
        grpcError(status.UNIMPLEMENTED, "run `npm ci` to install the program's dependencies"),
      );
    },
    runtimeOptionsPrompts: (_call, done) => done(null, new language.RuntimeOptionsResponse()),
  };

  const server = new Server();
  server.addService(LanguageRuntimeService, service);
  const port = await promisify(server.bindAsync.bind(server))(
    "127.0.0.1:0",
    ServerCredentials.createInsecure(),
  );
  return {
    port,
    async close() {
      const running = [...programs];
      for (const program of running) signalGroup(program.pid, "SIGKILL");
      await Promise.allSettled(running);
      server.forceShutdown();
    },
  };
}

/** Runs a program to its end, or to the end of the call when the engine gives up on it. */
async function runProgram(
  call: ServerUnaryCall<RunRequest, RunResponse>,
  engine: string,
  env: NodeJS.ProcessEnv,
  programs: Set<RunningProgram>,
): Promise<RunResponse> {
  const command = programCommand(call.request, engine, env);
  const log = new EngineLog(engine);
  const program = execa(process.execPath, [`--import=${END_WITH_HOST}`, ...command.args], {
    ...GROUP_LEADER,
    cwd: command.cwd,
    env: command.env,
    extendEnv: false,
    stdin: "pipe",
    buffer: false,
    reject: false,
  });
  trackGroup(program);
  programs.add(program);
  const end = () => signalGroup(program.pid, "SIGKILL");
  call.on("cancelled", end);
  if (call.cancelled) end();
  try {
    const [result] = await Promise.all([program, log.forward(program.stdout), log.forward(program.stderr)]);
    return outcome(result);
  } finally {
    programs.delete(program);
    log.close();
  }
}

function outcome(result: ProgramEnd): RunResponse {
  const response = new language.RunResponse();
  if (!result.failed) return response;
  if (result.exitCode === ALREADY_REPORTED) return response.setBail(true);
  if (result.signal !== undefined) return response.setError(`the program was ended by ${result.signal}`);
  if (result.exitCode !== undefined)
    return response.setError(`the program exited with code ${result.exitCode}`);
  return response.setError(`the program could not be started: ${result.shortMessage}`);
}

/** A unary handler from a function that returns the response or throws. */
function answer<Q, R>(
  handle: (call: ServerUnaryCall<Q, R>) => Promise<R>,
): (call: ServerUnaryCall<Q, R>, done: sendUnaryData<R>) => void {
  return async (call, done) => {
    try {
      done(null, await handle(call));
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  };
}

function grpcError(code: status, details: string): Error & ServerErrorResponse {
  return Object.assign(new Error(details), { code, details });
}
