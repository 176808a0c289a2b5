/** What a DNS record may be called and may hold. */
import { isIPv4, isIPv6 } from "node:net";
import { domainToASCII } from "node:url";
import { ApiError } from "./apiError.ts";
import type { Zone } from "./zones.ts";

export const RECORD_TYPES = [
  "A",
  "AAAA",
  "CAA",
  "CERT",
  "CNAME",
  "DNSKEY",
  "DS",
  "HTTPS",
  "LOC",
  "MX",
  "NAPTR",
  "NS",
  "OPENPGPKEY",
  "PTR",
  "SMIMEA",
  "SRV",
  "SSHFP",
  "SVCB",
  "TLSA",
  "TXT",
  "URI",
] as const;
export type RecordType = (typeof RECORD_TYPES)[number];

/** Types whose traffic can go through the proxy. */
export const PROXIABLE: ReadonlySet<RecordType> = new Set(["A", "AAAA", "CNAME"]);

const LONGEST_TXT = 4096;

export function invalidRecord(code: number, message: string): ApiError {
  return new ApiError(400, { code: 1004, message: "DNS Validation Error", error_chain: [{ code, message }] });
}

/**
 * The full name, in lower case and punycode. `@` is the zone itself and one label stands for a name in the zone.
 * A name with dots that does not end in the zone is refused; Cloudflare would append the zone to it, which makes
 * a record that nobody meant.
 */
export function fullName(name: string, zone: Zone): string {
  const given = name.trim().toLowerCase();
  if (given === "@") return zone.name;
  const bare = given.endsWith(".") ? given.slice(0, -1) : given;
  const ascii = toAscii(bare);
  const inZone = ascii === zone.name || ascii.endsWith(`.${zone.name}`);
  const relative = !ascii.includes(".") && !given.endsWith(".");
  const full = inZone ? ascii : relative ? `${ascii}.${zone.name}` : undefined;
  if (full === undefined || !isHostname(full)) throw invalidRecord(9000, "DNS name is invalid.");
  return full;
}

/** The content as it is kept. Throws ApiError (400, 1004) when it does not fit the type. */
export function checkContent(type: RecordType, content: string, name: string): string {
  const text = content.trim();
  switch (type) {
    case "A":
      if (!isIPv4(text)) throw invalidRecord(9005, "Content for A record must be a valid IPv4 address.");
      return text;
    case "AAAA":
      if (!isIPv6(text)) throw invalidRecord(9006, "Content for AAAA record must be a valid IPv6 address.");
      return text.toLowerCase();
    case "CNAME": {
      const target = hostnameContent(text);
      if (target === undefined || !target.includes(".")) {
        throw invalidRecord(9007, "Content for CNAME record is invalid.");
      }
      if (target === name) throw invalidRecord(9039, "A CNAME record cannot reference itself.");
      return target;
    }
    case "NS":
    case "MX":
    case "PTR": {
      const target = hostnameContent(text);
      if (target === undefined) throw invalidRecord(9009, `Content for ${type} record must be a hostname.`);
      return target;
    }
    case "TXT":
      if (text.length > LONGEST_TXT) throw invalidRecord(9207, "Content for TXT record is too long.");
      return text;
    default:
      return text;
  }
}

function hostnameContent(text: string): string | undefined {
  const bare = text.toLowerCase().replace(/\.$/, "");
  const ascii = toAscii(bare);
  return isHostname(ascii) ? ascii : undefined;
}

function toAscii(name: string): string {
  return /^[\x20-\x7e]*$/.test(name) ? name : domainToASCII(name);
}

function isHostname(name: string): boolean {
  return (
    name.length <= 253 &&
    /^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/.test(name)
  );
}
