/** How a VPC's addresses are divided. */

/** Most availability zones a network can use: the VPC is cut into eight equal blocks, two for each zone. */
export const ZONE_LIMIT = 4;
const BLOCKS = 2 * ZONE_LIMIT;
const BITS_FOR_BLOCKS = Math.log2(BLOCKS);

export interface ZoneBlocks {
  publicBlock: string;
  privateBlock: string;
}

function parseBlock(cidrBlock: string): { address: number; prefix: number } {
  const [address = "", prefix = ""] = cidrBlock.split("/");
  return {
    address: address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0),
    prefix: Number(prefix),
  };
}

function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

/**
 * The blocks of each zone, in order. A zone keeps its blocks when another one is added behind it.
 *
 * @param cidrBlock IPv4 block of /16 to /24. @param zones how many zones, 1 to 4.
 */
export function subnetBlocks(cidrBlock: string, zones: number): ZoneBlocks[] {
  const { address, prefix } = parseBlock(cidrBlock);
  const blockPrefix = prefix + BITS_FOR_BLOCKS;
  const size = 2 ** (32 - blockPrefix);
  const block = (index: number) => `${formatAddress(address + index * size)}/${blockPrefix}`;
  return Array.from({ length: zones }, (_, zone) => ({
    publicBlock: block(zone),
    privateBlock: block(ZONE_LIMIT + zone),
  }));
}
