/** Docker's command line, as far as one published container goes. */
import { once } from "node:events";
import { parseArgs } from "node:util";
import { HTTPS, UnreachableError } from "../egress.ts";
import { ExitError, type Invocation, type Program, StopReason } from "./program.ts";
import { wayOut } from "./wayOut.ts";

const RUN_OPTIONS = {
  rm: { type: "boolean" },
  name: { type: "string" },
  "security-opt": { type: "string", multiple: true },
  publish: { type: "string" },
  env: { type: "string", multiple: true },
} as const;

const IMAGE = /^[a-z0-9][\w.-]*(:\d+)?(\/[a-z0-9][\w.-]*)*(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/;

async function requireDaemon({ machine, signal }: Invocation): Promise<void> {
  const { exitCode } = await machine.systemctl(["is-active", "--quiet", "docker.service"], signal);
  if (exitCode === 0) return;
  throw new ExitError(
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
  );
}

async function pull(invocation: Invocation, image: string): Promise<void> {
  if (!IMAGE.test(image)) throw new ExitError("docker: invalid reference format");
  try {
    await wayOut(invocation, HTTPS);
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    throw new ExitError(`docker: Error response from daemon: ${error.message}`);
  }
  const [registry = ""] = image.split("/");
  if (!registry.endsWith(".invalid")) return;
  throw new ExitError(`docker: Error response from daemon: Get "https://${registry}/v2/": no such host`);
}

function variables({ environment }: Invocation, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => {
      const [, own, value] = /^([^=]+)=(.*)$/s.exec(name) ?? [];
      return [own ?? name, value ?? environment[name] ?? ""];
    }),
  );
}

async function runContainer(invocation: Invocation): Promise<void> {
  const { machine, unit, signal } = invocation;
  const args = invocation.arguments.slice(1);
  let parsed: ReturnType<typeof parse>;
  const parse = () => parseArgs({ args, options: RUN_OPTIONS, strict: true, allowPositionals: true });
  try {
    parsed = parse();
  } catch (error) {
    throw new ExitError(`docker: ${error instanceof Error ? error.message : String(error)}`);
  }
  const { values, positionals } = parsed;
  const [image, ...command] = positionals;
  if (image === undefined) throw new ExitError("docker: 'docker run' requires at least 1 argument");
  if (command.length > 0) throw new ExitError("docker: the sandbox runs an image's own command only");
  await requireDaemon(invocation);
  await pull(invocation, image);
  if (signal.aborted) return;
  const [, port] = /^127\.0\.0\.1:(\d+):\d+$/.exec(values.publish ?? "") ?? [];
  const environment = variables(invocation, values.env ?? []);
  machine.apps.set(unit, { environment, ...(port !== undefined && { port: Number(port) }) });
  try {
    if (!signal.aborted) await once(signal, "abort");
  } finally {
    if (signal.reason !== StopReason.suspend) machine.apps.delete(unit);
  }
}

export const docker: Program = async (invocation) => {
  const [verb, ...rest] = invocation.arguments;
  switch (verb) {
    case "run":
      return runContainer(invocation);
    case "rm":
      await requireDaemon(invocation);
      throw new ExitError(`Error response from daemon: No such container: ${rest.at(-1)}`);
    case "stop":
      return requireDaemon(invocation);
    default:
      throw new ExitError(`docker: the sandbox does not emulate "docker ${verb}"`);
  }
};
