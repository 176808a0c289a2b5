import { randomBytes } from "node:crypto";

/** What accounts, zones, records and tokens are called: 32 hexadecimal digits. */
export function randomHexId(): string {
  return randomBytes(16).toString("hex");
}

/** A time as the APIs that know no fractions of a second write it. */
export function wholeSeconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
