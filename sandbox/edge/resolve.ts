/** From a hostname to the tunnel that serves it, through the DNS records of the emulated zones. */
import type { Cloudflare } from "../cloudflare/cloud.ts";

const TUNNEL_SUFFIX = ".cfargotunnel.com";
const LONGEST_CHAIN = 8;

/** Cloudflare's own error codes, as its pages say them. */
export const EdgeErrorCode = {
  /** No zone of Cloudflare's has a proxied record for the name. */
  unknownHost: 1001,
  /** The name behind the record does not resolve. */
  originUnknown: 1016,
  /** The tunnel has no connector, is deleted, or belongs to another account. */
  tunnelDown: 1033,
} as const;
export type EdgeErrorCode = (typeof EdgeErrorCode)[keyof typeof EdgeErrorCode];

export type Resolution =
  | { kind: "tunnel"; tunnelId: string }
  /** An address outside of the sandbox. */
  | { kind: "address" }
  | { kind: "error"; code: EdgeErrorCode };

/** What the edge does with a request for `hostname`. A record that is not proxied does not lead to the edge. */
export function resolve({ records, tunnels }: Cloudflare, hostname: string): Resolution {
  let record = records.lookup(hostname);
  if (record?.proxied !== true) return { kind: "error", code: EdgeErrorCode.unknownHost };
  for (let hops = 0; record !== undefined && hops < LONGEST_CHAIN; hops += 1) {
    if (record.type !== "CNAME") return { kind: "address" };
    const target = record.content.toLowerCase().replace(/\.$/, "");
    if (target.endsWith(TUNNEL_SUFFIX)) {
      const tunnel = tunnels.get(target.slice(0, -TUNNEL_SUFFIX.length));
      const isServed = tunnel?.deletedAt === undefined && tunnel?.accountId === record.accountId;
      return isServed && tunnel !== undefined
        ? { kind: "tunnel", tunnelId: tunnel.id }
        : { kind: "error", code: EdgeErrorCode.tunnelDown };
    }
    record = records.lookup(target);
  }
  return { kind: "error", code: EdgeErrorCode.originUnknown };
}
