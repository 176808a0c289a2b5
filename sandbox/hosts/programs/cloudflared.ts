/** cloudflared: presents its token to Cloudflare's edge and holds the connections until it is stopped. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { CONNECTIONS_PER_CONNECTOR } from "../../cloudflare/connectors.ts";
import { ConnectionRefusedError } from "../../cloudflare/tunnels.ts";
import { decodeTunnelToken } from "../../cloudflare/tunnelToken.ts";
import { type Destination, edgeOfRegion, UnreachableError, UnresolvedError } from "../egress.ts";
import { FileAccessError } from "../fileAccessError.ts";
import { type ConnectorProcess, isConnected } from "../machine.ts";
import { parseRunFlags, type RunFlags } from "./cloudflaredFlags.ts";
import { ExitError, type Invocation, type Program, StopReason } from "./program.ts";
import { wayOut } from "./wayOut.ts";

/** After five doublings, as with `--retries 5`, its default. cloudflared documentation, "Tunnel run parameters". */
const LONGEST_PAUSE_SECONDS = 16;

const PROTOCOLS: Record<string, Destination["protocols"]> = { quic: ["udp"], http2: ["tcp"] };

/** The flag wins over the variable, and both over the file. An empty one counts as absent. */
function readToken({ machine, environment, account }: Invocation, flags: RunFlags): string {
  const given = flags.token || environment["TUNNEL_TOKEN"];
  if (given) return given;
  const path = flags.tokenFile || environment["TUNNEL_TOKEN_FILE"];
  if (!path) {
    throw new ExitError(
      '"cloudflared tunnel run" requires the ID or name of the tunnel to run as the last command line argument ' +
        "or in the configuration file.",
    );
  }
  try {
    return machine.files.read(path, account).trim();
  } catch (error) {
    if (error instanceof FileAccessError)
      throw new ExitError(`Failed to read token file: open ${error.message}`);
    throw error;
  }
}

/** Tries every region of the edge. Throws UnreachableError when none can be reached. */
async function reachEdge(invocation: Invocation, { protocol, edgeIpVersion, region }: RunFlags) {
  if (edgeIpVersion === "6")
    throw new UnreachableError("network is unreachable: --edge-ip-version 6, and the subnet is IPv4 only");
  const edge = edgeOfRegion(region) ?? [];
  const addresses: string[] = [];
  const problems: UnreachableError[] = [];
  for (const block of edge) {
    try {
      addresses.push(
        await wayOut(invocation, { ...block, protocols: PROTOCOLS[protocol] ?? block.protocols }),
      );
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
      problems.push(error);
    }
  }
  const [originIp] = addresses;
  // Half of a connector's connections go to each half of the edge.
  const missingEach = CONNECTIONS_PER_CONNECTOR / edge.length;
  if (originIp !== undefined) return { originIp, problems, missingEach };
  throw problems[0] ?? new UnreachableError("the edge has no region");
}

/** Without it, one connector could take another one's place in no time, and nobody would notice a gap between them. */
const HANDSHAKE_SECONDS = 2;

interface Connector {
  process: ConnectorProcess;
  token: string;
  flags: RunFlags;
  version: string;
}

/** One attempt. Returns why it failed, when another one may succeed. */
async function connect(invocation: Invocation, { process, token, flags, version }: Connector) {
  const { machine, signal } = invocation;
  const { tunnels } = machine.cloudflare;
  try {
    const { originIp, problems, missingEach } = await reachEdge(invocation, flags);
    await invocation.sleep(HANDSHAKE_SECONDS);
    if (signal.aborted) return undefined;
    const arch = `linux_${machine.architecture}`;
    const { tunnelId } = tunnels.connect(token, { id: process.id, version, arch, originIp });
    for (const { message } of problems) {
      tunnels.loseConnections(process.id, missingEach);
      invocation.log(
        `ERR Failed to dial a connection to the edge, ${missingEach} connections are missing: ${message}`,
      );
    }
    process.tunnelId = tunnelId;
    return undefined;
  } catch (error) {
    if (error instanceof ConnectionRefusedError) {
      return `Register tunnel error from server side error="${error.message}"`;
    }
    if (error instanceof UnresolvedError)
      return `edge discovery: error looking up Cloudflare edge IPs: the DNS query failed: ${error.message}`;
    if (error instanceof UnreachableError) return `Failed to dial a connection to the edge: ${error.message}`;
    throw error;
  }
}

/** The process is the same one as before the sandbox was stopped, or a new one with an id of its own. */
function startProcess({ machine, unit, resumed }: Invocation, { metricsPort }: RunFlags): ConnectorProcess {
  const known = resumed ? machine.connectors.get(unit) : undefined;
  const taken = [...machine.connectors].find(([other, { port }]) => other !== unit && port === metricsPort);
  if (taken !== undefined) {
    throw new ExitError(
      `Error opening metrics server listener: listen tcp 127.0.0.1:${metricsPort}: bind: address already in use`,
    );
  }
  const process = known ?? { id: randomUUID(), port: metricsPort };
  machine.connectors.set(unit, process);
  return process;
}

async function untilAborted(...signals: AbortSignal[]): Promise<void> {
  const any = AbortSignal.any(signals);
  if (!any.aborted) await once(any, "abort");
}

/** Dials until it is let in, and again whenever the network was lost. */
async function holdConnections(invocation: Invocation, connector: Connector): Promise<void> {
  const { machine, signal } = invocation;
  while (!signal.aborted) {
    for (let pause = 1; !signal.aborted && !isConnected(machine, connector.process); ) {
      if (connector.process.isDead === true) break;
      const problem = await connect(invocation, connector);
      if (problem === undefined) break;
      invocation.trouble(problem);
      await invocation.sleep(pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE_SECONDS);
    }
    if (signal.aborted) return;
    invocation.log(`INF Registered tunnel connection connector=${connector.process.id}`);
    invocation.ready();
    await untilAborted(signal, machine.network.lost.signal);
    if (!signal.aborted) invocation.log("ERR Lost connection with the edge");
  }
}

/** @param version the one that is installed */
export function cloudflared(version: string): Program {
  return async (invocation) => {
    const { machine, signal, unit } = invocation;
    if (["--version", "-v", "version"].includes(invocation.arguments[0] ?? "")) {
      return invocation.log(`cloudflared version ${version} (built ${version.replaceAll(".", "-")} UTC)`);
    }
    const flags = parseRunFlags(invocation.arguments);
    const token = readToken(invocation, flags);
    if (decodeTunnelToken(token) === undefined) throw new ExitError("Provided Tunnel token is not valid.");
    const process = startProcess(invocation, flags);
    if (!invocation.resumed) invocation.log(`INF Starting tunnel, version ${version}`);
    try {
      await holdConnections(invocation, { process, token, flags, version });
    } finally {
      if (signal.reason !== StopReason.suspend) {
        // It leaves the edge first, and answers what it has: no request begins here any more.
        machine.cloudflare.tunnels.disconnect(process.id);
        if (machine.connectors.get(unit) === process) machine.connectors.delete(unit);
      }
    }
  };
}
