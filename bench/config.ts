/** The stack that is measured. */

/** The image that hosts begin with, and another one to replace them with. */
export const IMAGES = { first: "ami-0ab117b5527d5fe24", newer: "ami-0ab117b5527d5fe25" } as const;

export function benchConfig(tenants: number): Record<string, unknown> {
  return {
    "aws:region": "eu-west-1",
    "tenant-edge:environment": "bench",
    "tenant-edge:cloudflare": {
      accountId: "0123456789abcdef0123456789abcdef",
      zoneId: "fedcba9876543210fedcba9876543210",
      zoneName: "example.com",
    },
    "tenant-edge:hostDefaults": { imageId: IMAGES.first },
    "tenant-edge:bucketDefaults": { protect: false },
    "tenant-edge:tenants": Array.from({ length: tenants }, (_, index) => ({ id: `tenant-${index + 1}` })),
  };
}
