/** What a host reports about itself, in an SSM parameter of its own. Nothing in it is secret. */
import { z } from "zod";

/** What the parameter holds until the host has reported for the first time. */
export const NO_REPORT = "none";

const version = z.int().nonnegative();

const schema = z.object({
  instanceId: z.string(),
  connectorId: z.string(),
  cloudflared: z.string(),
  tunnelToken: version,
  bucketEnvironment: version,
  keyGeneration: version,
});

export interface HostReport {
  /** EC2 instance that reports. */
  instanceId: string;
  /** UUID under which Cloudflare lists its connector; empty while it is not connected. */
  connectorId: string;
  /** Version of cloudflared. */
  cloudflared: string;
  /** Version of the SSM parameter whose token the connector runs with; 0 before the first. */
  tunnelToken: number;
  /** Version of the SSM parameter whose S3 credentials the app was given; 0 before the first, or without a bucket. */
  bucketEnvironment: number;
  /** Generation of the bucket's key in those credentials; 0 likewise. */
  keyGeneration: number;
}

/** Undefined when the host has not reported yet, or when the text is no report. */
export function parseHostReport(text: string): HostReport | undefined {
  if (text === NO_REPORT) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
