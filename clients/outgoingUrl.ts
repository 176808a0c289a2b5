/** Addresses that settings or requests name, and to which this product, or a tenant's host, then sends requests. */
import { BlockList, isIP } from "node:net";

/**
 * Where machines in a cloud get their credentials. RFC 3927 and RFC 4291: link-local addresses, among them
 * 169.254.169.254; Amazon EC2 User Guide, "Access instance metadata for an EC2 instance": fd00:ec2::254; Alibaba Cloud
 * documentation, "Instance metadata": 100.100.100.200.
 */
const METADATA = new BlockList();
METADATA.addSubnet("169.254.0.0", 16, "ipv4");
METADATA.addSubnet("fe80::", 10, "ipv6");
METADATA.addSubnet("fd00:ec2::", 32, "ipv6");
METADATA.addAddress("100.100.100.200", "ipv4");

/** Names of the same. */
const METADATA_NAME = /^(?:metadata|instance-data)(?:\.(?:google|ec2)\.internal)?\.?$/;

/** True for a URL that leads to a cloud's metadata service, however its address is written. False for what is no URL. */
export function isMetadataUrl(text: string): boolean {
  const hostname = (URL.parse(text)?.hostname ?? "").replace(/^\[|\]$/g, "");
  const version = isIP(hostname);
  return version === 0
    ? METADATA_NAME.test(hostname)
    : METADATA.check(hostname, version === 4 ? "ipv4" : "ipv6");
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * What is wrong with a URL that requests are sent to; undefined when it may be used. The text itself is not repeated: it may
 * hold credentials.
 *
 * @param secret true: requests carry a secret in clear, so that plain http is only for this machine.
 */
export function outgoingUrlProblem(text: string, { secret = false } = {}): string | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return "no http or https URL";
  if (url.username !== "" || url.password !== "") return "a URL with credentials in it";
  if (isMetadataUrl(text)) return "the address of a cloud's metadata service";
  if (secret && url.protocol === "http:" && !LOOPBACK.test(url.hostname)) {
    return "a plain http URL of another machine, to which a token would be sent in clear";
  }
  return undefined;
}
