/**
 * cloudflared's command line. Every command has flags of its own, and a flag of one command is unknown to the next:
 * `--metrics` stands before `run`, `--token-file` after it. Source: cloudflared, cmd/cloudflared/tunnel/cmd.go and
 * subcommands.go of 2026.8.
 */
import { ExitError } from "./program.ts";

const BOOLEAN_FLAGS = new Set([
  ...[
    "bastion",
    "disable-chunked-encoding",
    "hello-world",
    "http2-origin",
    "is-autoupdated",
    "no-autoupdate",
  ],
  ...["management-diagnostics", "no-happy-eyeballs", "no-prechecks", "no-tls-verify", "post-quantum"],
  ...["quic-disable-pmtu-discovery", "socks5", "stdin-control", "ui", "use-reconnect-token"],
]);

/** What a request to an origin is made with; known to all commands. */
const ORIGIN_FLAGS = [
  ...["disable-chunked-encoding", "hello-world", "http-host-header", "http2-origin", "no-happy-eyeballs"],
  ...["no-tls-verify", "origin-ca-pool", "origin-server-name", "proxy-connect-timeout"],
  ...["proxy-connection-timeout", "proxy-expect-continue-timeout", "proxy-keepalive-connections"],
  ...["proxy-keepalive-timeout", "proxy-tcp-keepalive", "proxy-tls-timeout", "socks5", "unix-socket", "url"],
  ...["management-hostname", "service-op-ip"],
];

/** Known to the program itself and to `tunnel`. */
const TUNNEL_FLAGS = [
  ...ORIGIN_FLAGS,
  ...["api-ca-key", "api-email", "api-key", "api-url", "autoupdate-freq", "bastion", "cacert"],
  ...["compression-quality", "config", "credentials-file", "dial-edge-timeout", "edge", "edge-bind-address"],
  ...[
    "edge-ip-version",
    "features",
    "grace-period",
    "ha-connections",
    "heartbeat-count",
    "heartbeat-interval",
  ],
  ...["hostname", "id", "is-autoupdated", "label", "lb-pool", "log-directory", "logfile", "loglevel"],
  ...[
    "management-diagnostics",
    "max-edge-addr-retries",
    "max-fetch-size",
    "metrics",
    "metrics-update-freq",
    "name",
  ],
  ...["no-autoupdate", "no-prechecks", "origincert", "output", "pidfile", "post-quantum", "protocol"],
  ...["quic-connection-level-flow-control-limit", "quic-disable-pmtu-discovery"],
  ...["quic-stream-level-flow-control-limit", "region", "retries", "rpc-timeout", "stdin-control", "tag"],
  ...["trace-output", "transport-loglevel", "ui", "use-reconnect-token", "write-stream-timeout"],
];

const RUN_FLAGS = [
  ...ORIGIN_FLAGS,
  ...[
    "credentials-contents",
    "credentials-file",
    "dns-resolver-addrs",
    "features",
    "icmpv4-src",
    "icmpv6-src",
  ],
  ...["max-active-flows", "post-quantum", "protocol", "token", "token-file"],
];

const COMMANDS = [
  { name: "cloudflared", flags: new Set(TUNNEL_FLAGS) },
  { name: "tunnel", flags: new Set(TUNNEL_FLAGS) },
  { name: "run", flags: new Set(RUN_FLAGS) },
];

/** The first that cloudflared tries by itself. */
const DEFAULT_METRICS_PORT = 20241;

export interface RunFlags {
  protocol: string;
  /** 4, 6 or auto. */
  edgeIpVersion: string;
  /** `us`, or empty for the whole world. */
  region: string;
  /** Of the metrics, on the loopback interface. */
  metricsPort: number;
  token?: string;
  tokenFile?: string;
}

const VALUES: Record<string, { allowed: RegExp; problem: string }> = {
  "edge-ip-version": { allowed: /^(4|6|auto)$/, problem: "is not a version of the Internet protocol" },
  "grace-period": { allowed: /^(\d+(\.\d+)?(ms|s|m|h))+$/, problem: "is no duration" },
  loglevel: { allowed: /^(debug|info|warn|error|fatal)$/, problem: "is no log level" },
  metrics: { allowed: /^[^\s:]*:\d{1,5}$/, problem: "is not an address with a port" },
  protocol: { allowed: /^(auto|quic|http2)$/, problem: "is an unknown transport protocol" },
  region: { allowed: /^(us)?$/, problem: "is not a region of the edge" },
};

function usageError(problem: string): ExitError {
  return new ExitError(`Incorrect Usage: ${problem}`);
}

/** Reads one command's flags from the start of `words` and returns what follows them. */
function readFlags(
  words: readonly string[],
  known: ReadonlySet<string>,
  flags: Map<string, string>,
): string[] {
  const rest = [...words];
  while (rest[0]?.startsWith("-") === true) {
    const [, name = "", inlineValue] = /^--?([^=]+)(?:=(.*))?$/s.exec(rest.shift() ?? "") ?? [];
    if (!known.has(name)) throw usageError(`flag provided but not defined: -${name}`);
    const value = inlineValue ?? (BOOLEAN_FLAGS.has(name) ? "true" : rest.shift());
    if (value === undefined) throw usageError(`flag needs an argument: -${name}`);
    const rule = VALUES[name];
    if (rule !== undefined && !rule.allowed.test(value))
      throw new ExitError(`${name}: ${value} ${rule.problem}`);
    flags.set(name, value);
  }
  return rest;
}

/** Throws ExitError, with cloudflared's own words, for arguments that it does not start with. */
export function parseRunFlags(words: readonly string[]): RunFlags {
  const flags = new Map<string, string>();
  let rest = [...words];
  for (const [index, command] of COMMANDS.entries()) {
    if (index > 0 && rest.shift() !== command.name) {
      throw new ExitError(`the sandbox emulates "cloudflared tunnel run" only, not "${words.join(" ")}"`);
    }
    rest = readFlags(rest, command.flags, flags);
  }
  if (rest.length > 0)
    throw new ExitError(`the sandbox runs tunnels by their token, not by their name ${rest[0]}`);
  const [token, tokenFile] = [flags.get("token"), flags.get("token-file")];
  return {
    protocol: flags.get("protocol") ?? "auto",
    edgeIpVersion: flags.get("edge-ip-version") ?? "auto",
    region: flags.get("region") ?? "",
    metricsPort: Number(flags.get("metrics")?.split(":").at(-1) ?? DEFAULT_METRICS_PORT),
    ...(token !== undefined && { token }),
    ...(tokenFile !== undefined && { tokenFile }),
  };
}
