/** cloudflared: presents its token to Cloudflare's edge and holds the connections until it is stopped. */
import { once } from "node:events";
import { CONNECTIONS_PER_CONNECTOR } from "../../cloudflare/connectors.ts";
import { ConnectionRefusedError } from "../../cloudflare/tunnels.ts";
import { decodeTunnelToken } from "../../cloudflare/tunnelToken.ts";
import { type Destination, TUNNEL_EDGE, UnreachableError, UnresolvedError } from "../egress.ts";
import { FileAccessError } from "../fileSystem.ts";
import { parseRunFlags, type RunFlags } from "./cloudflaredFlags.ts";
import { ExitError, type Invocation, type Program, StopReason } from "./program.ts";
import { wayOut } from "./wayOut.ts";

const LONGEST_PAUSE_SECONDS = 60;

/** Half of a connector's connections go to each region of the edge. */
const CONNECTIONS_PER_REGION = CONNECTIONS_PER_CONNECTOR / TUNNEL_EDGE.length;

const PROTOCOLS: Record<string, Destination["protocols"]> = { quic: ["udp"], http2: ["tcp"] };

/** The flag wins over the variable, and both over the file. An empty one counts as absent. */
function readToken({ machine, environment, user }: Invocation, flags: RunFlags): string {
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
    return machine.files.read(path, user).trim();
  } catch (error) {
    if (error instanceof FileAccessError)
      throw new ExitError(`Failed to read token file: open ${error.message}`);
    throw error;
  }
}

/** Tries every region of the edge. Throws UnreachableError when none can be reached. */
async function reachEdge(
  invocation: Invocation,
  { protocol, edgeIpVersion }: RunFlags,
): Promise<{ originIp: string; problems: UnreachableError[] }> {
  if (edgeIpVersion === "6")
    throw new UnreachableError("network is unreachable: --edge-ip-version 6, and the subnet is IPv4 only");
  const addresses: string[] = [];
  const problems: UnreachableError[] = [];
  for (const region of TUNNEL_EDGE) {
    try {
      const protocols = PROTOCOLS[protocol] ?? region.protocols;
      addresses.push(await wayOut(invocation, { ...region, protocols }));
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
      problems.push(error);
    }
  }
  const [originIp] = addresses;
  if (originIp !== undefined) return { originIp, problems };
  throw problems[0] ?? new UnreachableError("the edge has no region");
}

/** One attempt. Returns why it failed, when another one may succeed. */
async function connect(invocation: Invocation, token: string, flags: RunFlags, version: string) {
  const { machine } = invocation;
  try {
    const { originIp, problems } = await reachEdge(invocation, flags);
    const { tunnelId } = machine.cloudflare.tunnels.connect(token, {
      id: machine.connectorId,
      version,
      arch: `linux_${machine.architecture}`,
      originIp,
    });
    for (const { message } of problems) {
      machine.cloudflare.tunnels.loseConnections(machine.connectorId, CONNECTIONS_PER_REGION);
      invocation.log(
        `ERR Failed to dial a connection to the edge, ${CONNECTIONS_PER_REGION} connections are missing: ${message}`,
      );
    }
    machine.tunnelId = tunnelId;
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

function isConnected({ machine }: Invocation, token: string): boolean {
  const tunnelId = decodeTunnelToken(token)?.tunnelId ?? "";
  return machine.cloudflare.tunnels
    .connectors(tunnelId)
    .some(({ id, disconnectedAt }) => id === machine.connectorId && disconnectedAt === undefined);
}

/** @param version the one that is installed */
export function cloudflared(version: string): Program {
  return async (invocation) => {
    const { machine, signal } = invocation;
    const flags = parseRunFlags(invocation.arguments);
    const token = readToken(invocation, flags);
    if (decodeTunnelToken(token) === undefined) throw new ExitError("Provided Tunnel token is not valid.");
    if (!invocation.resumed) invocation.log(`INF Starting tunnel, version ${version}`);
    for (let pause = 1; !(invocation.resumed && isConnected(invocation, token)); ) {
      const problem = await connect(invocation, token, flags, version);
      if (problem === undefined) break;
      await invocation.retryAfter(pause, problem);
      pause = Math.min(pause * 2, LONGEST_PAUSE_SECONDS);
    }
    invocation.log("INF Registered tunnel connection");
    invocation.ready();
    if (!signal.aborted) await once(signal, "abort");
    if (signal.reason !== StopReason.suspend) machine.cloudflare.tunnels.disconnect(machine.connectorId);
  };
}
