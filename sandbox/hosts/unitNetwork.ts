/** What a unit forbids its processes on the network. Manual pages systemd.exec(5), systemd.resource-control(5). */
import { contains, overlaps, parseCidr } from "../aws/cidr.ts";
import { type UnitFile, UnitFileError } from "./unitFile.ts";

/** As whole blocks of IPv4; `localhost` and the like are nothing that a host's programs connect to. */
const ADDRESS_KEYWORDS: Record<string, string> = {
  any: "0.0.0.0/0",
  localhost: "127.0.0.0/8",
  "link-local": "169.254.0.0/16",
  multicast: "224.0.0.0/4",
};

export interface UnitNetwork {
  /** The processes see a loopback interface and nothing else. */
  isPrivate: boolean;
  /** Whether they may open IPv4 sockets. */
  allowsIpv4: boolean;
  /** IPv4 blocks whose packets are dropped, unless they are allowed. */
  deniedBlocks: string[];
  allowedBlocks: string[];
}

/** Words with `~` in front of a value are taken back; a value of `none` allows nothing. */
function allowsFamily(values: readonly string[], family: string): boolean {
  const [first] = values;
  if (first === undefined) return true;
  const isDenyList = first.startsWith("~");
  const listed = new Set<string>();
  for (const value of values) {
    const words = value.replace(/^~/, "").split(/\s+/);
    for (const word of words) {
      if (value.startsWith("~") === isDenyList) listed.add(word);
      else listed.delete(word);
    }
  }
  return listed.has(family) !== isDenyList;
}

function blocks(file: UnitFile, key: string): string[] {
  return file.words("Service", key).flatMap((word) => {
    const block = ADDRESS_KEYWORDS[word] ?? (word.includes("/") ? word : `${word}/32`);
    if (parseCidr(block) !== undefined) return [block];
    if (word.includes(":")) return [];
    throw new UnitFileError(`Failed to parse address prefix of ${key}=: ${word}`);
  });
}

/** Throws UnitFileError for values that systemd does not understand. */
export function parseUnitNetwork(file: UnitFile): UnitNetwork {
  return {
    isPrivate: file.boolean("Service", "PrivateNetwork", false),
    allowsIpv4: allowsFamily(file.all("Service", "RestrictAddressFamilies"), "AF_INET"),
    deniedBlocks: blocks(file, "IPAddressDeny"),
    allowedBlocks: blocks(file, "IPAddressAllow"),
  };
}

/**
 * Why a process of the unit cannot connect to a block, if it cannot.
 * @param isRestricted false for commands with the prefix `+`, which no filter of system calls applies to
 */
export function networkProblem(
  { isPrivate, allowsIpv4, deniedBlocks, allowedBlocks }: UnitNetwork,
  cidrBlock: string,
  isRestricted: boolean,
): string | undefined {
  if (isPrivate)
    return "network is unreachable: PrivateNetwork=yes leaves the service the loopback interface";
  if (isRestricted && !allowsIpv4)
    return "address family not supported by protocol: RestrictAddressFamilies= is without AF_INET";
  const wanted = parseCidr(cidrBlock);
  if (wanted === undefined) return undefined;
  const parse = (texts: string[]) => texts.flatMap((text) => parseCidr(text) ?? []);
  if (parse(allowedBlocks).some((block) => contains(block, wanted))) return undefined;
  const isDenied = parse(deniedBlocks).some((block) => overlaps(block, wanted));
  return isDenied ? `operation not permitted: IPAddressDeny= keeps the service from ${cidrBlock}` : undefined;
}
