/** A Pulumi program in Node: the command line and environment that the SDK's own runner expects. */
import { createRequire } from "node:module";
import { join } from "node:path";
import type { RunRequest } from "@pulumi/pulumi/proto/language_pb.js";

/** The runner's exit code for an error that it has already told the engine. */
export const ALREADY_REPORTED = 32;

export interface ProgramCommand {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

interface RuntimeOptions {
  /** Options for Node itself, as one string. */
  readonly nodeargs?: string;
  /** Unless false, the SDK compiles the program with its TypeScript loader. */
  readonly typescript?: boolean;
}

/**
 * The command that runs a program.
 * @param engineAddress Where the engine serves its own gRPC service.
 * @param env What the program inherits.
 * @throws Error when the SDK is not installed where the program lies.
 */
export function programCommand(
  request: RunRequest,
  engineAddress: string,
  env: NodeJS.ProcessEnv,
): ProgramCommand {
  const cwd = request.getPwd();
  const info = request.getInfo();
  const options = (info?.getOptions()?.toJavaScript() ?? {}) as RuntimeOptions;
  const flags: Record<string, string> = {
    monitor: request.getMonitorAddress(),
    engine: engineAddress,
    organization: request.getOrganization(),
    project: request.getProject(),
    stack: request.getStack(),
    pwd: cwd,
    parallel: String(request.getParallel()),
    "root-directory": info?.getRootDirectory() ?? cwd,
  };
  return {
    cwd,
    args: [
      ...splitArguments(options.nodeargs ?? ""),
      locateRunner(cwd),
      ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]),
      ...(request.getDryrun() ? ["--dry-run"] : []),
      info?.getEntryPoint() ?? request.getProgram(),
      ...request.getArgsList(),
    ],
    env: {
      ...env,
      PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().toArray())),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
      PULUMI_NODEJS_TYPESCRIPT: String(options.typescript !== false),
    },
  };
}

/** The runner of the SDK that the program itself imports: two copies of the SDK would not know of each other. */
function locateRunner(programFolder: string): string {
  try {
    return createRequire(join(programFolder, "index.js")).resolve("@pulumi/pulumi/cmd/run/index.js");
  } catch {
    throw new Error(
      `@pulumi/pulumi is not installed for the program in ${programFolder}: run \`npm ci\` there`,
    );
  }
}

/** Splits at blanks that are not within quotes. */
function splitArguments(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? "",
  );
}
