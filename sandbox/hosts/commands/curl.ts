/**
 * `curl`, for what the host's scripts ask: builds of cloudflared, the readiness of the connectors on the loopback
 * interface, and whether Cloudflare's edge accepts TCP. Manual page curl(1).
 */
import { parseArgs } from "node:util";
import { type Destination, edgeOf, HTTPS, UnreachableError, UnresolvedError } from "../egress.ts";
import { BinaryName, type File } from "../file.ts";
import { FileAccessError, FileProblem } from "../fileAccessError.ts";
import { type CommandResult, readyConnections } from "../machine.ts";
import { cloudflaredBuildAt } from "../programs/cloudflaredReleases.ts";
import type { Invocation } from "../programs/program.ts";
import { wayOut } from "../programs/wayOut.ts";
import { type CommandInput, fail, type HostCommand } from "../shell/command.ts";
import { appListens } from "../testOrigin.ts";

const OPTIONS = {
  fail: { type: "boolean", short: "f" },
  silent: { type: "boolean", short: "s" },
  insecure: { type: "boolean", short: "k" },
  "show-error": { type: "boolean", short: "S" },
  location: { type: "boolean", short: "L" },
  proto: { type: "string" },
  "connect-timeout": { type: "string" },
  "max-time": { type: "string", short: "m" },
  retry: { type: "string" },
  "retry-all-errors": { type: "boolean" },
  output: { type: "string", short: "o" },
  "write-out": { type: "string", short: "w" },
} as const;

const LOOPBACK = new Set(["127.0.0.1", "localhost"]);
const METRICS_PORT = /^2024[1-5]$/;
const CONNECT_SECONDS = "0.012345";
const LONGEST_PAUSE_SECONDS = 600;

/** A failed transfer. The code is curl's own. */
class TransferError extends Error {
  readonly exitCode: number;
  readonly connected: boolean;

  constructor(exitCode: number, message: string, connected = false) {
    super(`curl: (${exitCode}) ${message}`);
    this.exitCode = exitCode;
    this.connected = connected;
  }
}

interface Answer {
  status: number;
  body: Pick<File, "content" | "binary">;
}

const text = (status: number, body: string): Answer => ({ status, body: { content: Buffer.from(body) } });

/** What listens on the loopback interface: cloudflared's own servers of metrics, and the app. */
function askLoopback({ machine }: Invocation, { hostname, port, pathname }: URL): Answer {
  const connector = [...machine.connectors.values()].find((one) => String(one.port) === port);
  if (connector === undefined) {
    if (!METRICS_PORT.test(port) && appListens(machine, port)) return text(200, "");
    throw new TransferError(7, `Failed to connect to ${hostname} port ${port}: Couldn't connect to server`);
  }
  if (pathname === "/healthcheck") return text(200, "OK\n");
  if (pathname !== "/ready") return text(404, "404 page not found\n");
  const count = readyConnections(machine, connector);
  const status = count > 0 ? 200 : 503;
  return text(status, JSON.stringify({ status, readyConnections: count, connectorId: connector.id }));
}

async function reach(invocation: Invocation, url: URL, destinations: readonly Destination[]): Promise<void> {
  const problems: UnreachableError[] = [];
  for (const destination of destinations) {
    try {
      await wayOut(invocation, destination);
      return;
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
      problems.push(error);
    }
  }
  const [problem] = problems;
  if (problem instanceof UnresolvedError || invocation.machine.network.isCut) {
    throw new TransferError(6, `Could not resolve host: ${url.hostname}: ${problem?.message}`);
  }
  throw new TransferError(28, `Connection to ${url.host} timed out: ${problem?.message}`);
}

async function fetchFromInternet(invocation: Invocation, url: URL): Promise<Answer> {
  const edge = edgeOf(url.hostname);
  if (edge !== undefined && url.port === "7844") {
    await reach(
      invocation,
      url,
      edge.map((block) => ({ ...block, protocols: ["tcp"] as const })),
    );
    // Its certificate is of an authority of its own, and then curl tells no time; plain HTTP it does not answer.
    if (url.protocol === "http:") throw new TransferError(52, "Empty reply from server", true);
    throw new TransferError(60, "SSL certificate problem: unable to get local issuer certificate");
  }
  await reach(invocation, url, [HTTPS]);
  if (/\.(invalid|test)$/.test(url.hostname) || !url.hostname.includes(".")) {
    throw new TransferError(6, `Could not resolve host: ${url.hostname}`);
  }
  const build = cloudflaredBuildAt(url);
  if (build === undefined) return text(404, "Not Found");
  return {
    status: 200,
    body: { content: Buffer.alloc(0), binary: { name: BinaryName.cloudflared, ...build } },
  };
}

function parse(words: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...words],
    options: OPTIONS,
    strict: true,
    allowPositionals: true,
  });
  const [address, ...others] = positionals;
  if (address === undefined || others.length > 0 || !URL.canParse(address)) {
    throw new Error("the sandbox fetches one URL at a time");
  }
  return { values, url: new URL(address) };
}

type Parsed = ReturnType<typeof parse>;

async function transfer({ invocation, resolve }: CommandInput, { values, url }: Parsed): Promise<string> {
  const protocol = url.protocol.slice(0, -1);
  if (values.proto !== undefined && values.proto !== `=${protocol}`) {
    throw new TransferError(1, `Protocol "${protocol}" disabled`);
  }
  const { status, body } = LOOPBACK.has(url.hostname)
    ? askLoopback(invocation, url)
    : await fetchFromInternet(invocation, url);
  if (values.fail === true && status >= 400) {
    throw new TransferError(22, `The requested URL returned error: ${status} (${url})`, true);
  }
  if (values.output === undefined) return body.content.toString("latin1");
  save(invocation, resolve(values.output), body);
  return "";
}

function save({ machine, account, umask, mayWrite }: Invocation, path: string, body: Answer["body"]): void {
  if (path === "/dev/null") return;
  const [group = account.user] = account.groups;
  try {
    if (!mayWrite(path)) throw new FileAccessError(path, "EROFS");
    machine.files.replace(path, { ...body, mode: 0o666 & ~umask, owner: account.user, group }, account);
  } catch (error) {
    if (!(error instanceof FileAccessError)) throw error;
    throw new TransferError(23, `client returned ERROR on write: ${path}: ${FileProblem[error.code]}`, true);
  }
}

/** Pauses double from one second on. */
async function withRetries(input: CommandInput, parsed: Parsed): Promise<string> {
  const { retry = "0", "retry-all-errors": allErrors } = parsed.values;
  for (let count = 0, pause = 1; ; count += 1, pause = Math.min(pause * 2, LONGEST_PAUSE_SECONDS)) {
    try {
      return await transfer(input, parsed);
    } catch (error) {
      if (!(error instanceof TransferError)) throw error;
      const mayPass = allErrors === true || error.exitCode === 28;
      if (!mayPass || count >= Number(retry)) throw error;
      input.invocation.trouble(error.message);
      await input.invocation.sleep(pause);
    }
  }
}

export const curlCommand: HostCommand = async (input): Promise<CommandResult> => {
  let parsed: Parsed;
  try {
    parsed = parse(input.words);
  } catch (error) {
    return fail(2, `curl: ${error instanceof Error ? error.message : String(error)}`);
  }
  const { silent, "show-error": showsErrors, "write-out": format } = parsed.values;
  const written = (connected: boolean) =>
    (format ?? "")
      .replaceAll("\\n", "\n")
      .replaceAll("%{time_connect}", connected ? CONNECT_SECONDS : "0.000000");
  try {
    return { stdout: (await withRetries(input, parsed)) + written(true), stderr: "", exitCode: 0 };
  } catch (error) {
    if (!(error instanceof TransferError)) throw error;
    const shown = silent !== true || showsErrors === true ? error.message : "";
    return { ...fail(error.exitCode, shown), stdout: written(error.connected) };
  }
};
