/** IPv4 CIDR blocks as pairs of numbers. */
import { isIPv4 } from "node:net";

export interface CidrBlock {
  /** First address as an unsigned 32-bit number. */
  first: number;
  /** Last address. */
  last: number;
  prefixLength: number;
}

export function addressToNumber(address: string): number {
  return address.split(".").reduce((number, octet) => number * 256 + Number(octet), 0);
}

export function numberToAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join(".");
}

/** `undefined` when the text is no IPv4 CIDR block. Bits after the prefix are dropped. */
export function parseCidr(text: string): CidrBlock | undefined {
  const [address = "", length = ""] = text.split("/");
  const prefixLength = Number(length);
  if (!isIPv4(address) || !/^\d{1,2}$/.test(length) || prefixLength > 32 || text.split("/").length !== 2) {
    return undefined;
  }
  const size = 2 ** (32 - prefixLength);
  const first = Math.floor(addressToNumber(address) / size) * size;
  return { first, last: first + size - 1, prefixLength };
}

/** The block as AWS writes it, without bits after the prefix. */
export function formatCidr(block: CidrBlock): string {
  return `${numberToAddress(block.first)}/${block.prefixLength}`;
}

export function contains(outer: CidrBlock, inner: CidrBlock): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

export function overlaps(one: CidrBlock, other: CidrBlock): boolean {
  return one.first <= other.last && other.first <= one.last;
}
