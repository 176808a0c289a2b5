/** Settings of stacks that are made for one purpose and thrown away: names as in the stack files, cheap to create. */

export const ACCOUNT_ID = "0123456789abcdef0123456789abcdef";
export const ZONE_NAME = "example.com";
/** What hosts begin with. */
export const IMAGE_ID = "ami-0ab117b5527d5fe24";

/** The stack file's `config`, without tenants. Buckets are not protected, or nobody could destroy the stack. */
export function scratchConfig(environment: string): Record<string, unknown> {
  return {
    "aws:region": "eu-west-1",
    "tenant-edge:environment": environment,
    "tenant-edge:cloudflare": {
      accountId: ACCOUNT_ID,
      zoneId: "fedcba9876543210fedcba9876543210",
      zoneName: ZONE_NAME,
    },
    "tenant-edge:hostDefaults": { imageId: IMAGE_ID },
    "tenant-edge:bucketDefaults": { protect: false },
  };
}
