import { createHash } from "node:crypto";

/**
 * UUID of an instance's connector. The same one for ever, so that a connection which outlived the sandbox's process is
 * known again. Made like a version 5 UUID, with SHA-256.
 */
export function connectorIdOf(instanceId: string): string {
  const hex = createHash("sha256").update(`connector of ${instanceId}`).digest("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}
