/** A tunnel's secret from a random password. */
import { createHash } from "node:crypto";

/**
 * 32 bytes in base64, as Cloudflare wants them (Cloudflare API documentation, "Create a Cloudflare Tunnel").
 *
 * @param password random, with more entropy than 256 bits: 64 letters and digits have 381.
 */
export function tunnelSecret(password: string): string {
  return createHash("sha256").update(password).digest("base64");
}
