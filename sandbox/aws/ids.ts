/** Identifiers as AWS forms them. */
import { randomBytes, randomInt } from "node:crypto";

/** An EC2 id: prefix and 17 hexadecimal digits, for example `vpc-0a1b2c3d4e5f67890`. */
export function newResourceId(prefix: string): string {
  return `${prefix}-0${randomBytes(8).toString("hex")}`;
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function base32(length: number): string {
  return Array.from({ length }, () => BASE32[randomInt(BASE32.length)]).join("");
}

/** An IAM unique id of 21 characters: `AROA` for a role, `AIPA` for an instance profile. */
export function newUniqueId(prefix: "AROA" | "AIPA"): string {
  return prefix + base32(17);
}

/** An access key id of temporary credentials, 20 characters. */
export function newTemporaryAccessKeyId(): string {
  return `ASIA${base32(16)}`;
}
