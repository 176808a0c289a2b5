/** cloudflared: presents its token to Cloudflare's edge and holds the connections until it is stopped. */
import { once } from "node:events";
import { ConnectionRefusedError } from "../../cloudflare/tunnels.ts";
import { decodeTunnelToken } from "../../cloudflare/tunnelToken.ts";
import { type Destination, egressOf, TUNNEL_EDGE, UnreachableError } from "../egress.ts";
import { FileAccessError } from "../fileSystem.ts";
import { parseRunFlags, type RunFlags } from "./cloudflaredFlags.ts";
import { ExitError, type Invocation, type Program, StopReason } from "./program.ts";

const LONGEST_PAUSE_SECONDS = 60;

const DESTINATIONS: Record<string, Destination> = {
  auto: TUNNEL_EDGE,
  quic: { ...TUNNEL_EDGE, protocols: ["udp"] },
  http2: { ...TUNNEL_EDGE, protocols: ["tcp"] },
};

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

/** One attempt. Returns why it failed, when another one may succeed. */
async function connect(invocation: Invocation, token: string, flags: RunFlags, version: string) {
  const { machine } = invocation;
  try {
    const originIp = await egressOf(
      machine.aws,
      machine.instanceId,
      DESTINATIONS[flags.protocol] ?? TUNNEL_EDGE,
    );
    const { tunnelId } = machine.cloudflare.tunnels.connect(token, {
      id: machine.connectorId,
      version,
      arch: `linux_${machine.architecture}`,
      originIp,
    });
    machine.tunnelId = tunnelId;
    return undefined;
  } catch (error) {
    if (error instanceof ConnectionRefusedError) {
      return `Register tunnel error from server side error="${error.message}"`;
    }
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
