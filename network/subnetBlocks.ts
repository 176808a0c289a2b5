/** How a VPC's addresses are divided. */

/** Last letters of availability zones. */
const ZONE_LETTERS = "abcdefgh";
/** The VPC is cut into equal blocks, two for each letter that a zone can have. */
const BLOCKS = 2 * ZONE_LETTERS.length;
const BITS_FOR_BLOCKS = Math.log2(BLOCKS);

/** Most zones that one network uses. */
export const ZONE_LIMIT = 4;

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
 * The blocks of a zone. They depend on its letter alone, so that zones can be added, taken away and reordered
 * without two subnets ever wanting the same addresses.
 *
 * @param cidrBlock IPv4 block of /16 to /24. @param zone `eu-west-1a`. @throws RangeError for a zone without such a letter.
 */
export function subnetBlocks(cidrBlock: string, zone: string): ZoneBlocks {
  const index = ZONE_LETTERS.indexOf(zone.slice(-1));
  if (zone === "" || index < 0)
    throw new RangeError(`"${zone}" is no availability zone: it ends with no letter from a to h`);
  const { address, prefix } = parseBlock(cidrBlock);
  const blockPrefix = prefix + BITS_FOR_BLOCKS;
  const size = 2 ** (32 - blockPrefix);
  const block = (position: number) => `${formatAddress(address + position * size)}/${blockPrefix}`;
  return { publicBlock: block(index), privateBlock: block(ZONE_LETTERS.length + index) };
}
