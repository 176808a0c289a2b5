import schema from "../generated/cloudflare.json" with { type: "json" };
import type { PackageSchema } from "../packageSchema.ts";
import type { ProviderDefinition } from "../providerDefinition.ts";
import type { CheckFailure, Properties, ResourceType } from "../resourceType.ts";
import { accountTokenType } from "./accountToken.ts";
import { CloudflareApi } from "./api.ts";
import { dnsRecordType } from "./dnsRecord.ts";
import { getZeroTrustTunnelCloudflaredTokenFunction } from "./getZeroTrustTunnelCloudflaredToken.ts";
import { r2BucketType } from "./r2Bucket.ts";
import { r2BucketLifecycleType } from "./r2BucketLifecycle.ts";
import { DEFAULT_RETRY, type RetryOptions } from "./retry.ts";
import { zeroTrustTunnelCloudflaredType } from "./zeroTrustTunnelCloudflared.ts";
import { zeroTrustTunnelCloudflaredConfigType } from "./zeroTrustTunnelCloudflaredConfig.ts";

export interface CloudflareProviderOptions {
  /** Where the API is when the program's provider configuration does not say: up to and with `/client/v4`. */
  baseUrl: string;
  /** Used when the program's provider configuration has none. */
  apiToken: string;
  /** @default those of the real provider: up to 10 retries, which can take minutes */
  retry?: Partial<RetryOptions>;
}

export const cloudflareTypes: readonly ResourceType<CloudflareApi>[] = [
  accountTokenType,
  dnsRecordType,
  r2BucketType,
  r2BucketLifecycleType,
  zeroTrustTunnelCloudflaredType,
  zeroTrustTunnelCloudflaredConfigType,
];

export function cloudflareProvider(options: CloudflareProviderOptions): ProviderDefinition<CloudflareApi> {
  return {
    name: schema.name,
    version: schema.version,
    types: cloudflareTypes,
    functions: [getZeroTrustTunnelCloudflaredTokenFunction],
    arguments: schema as PackageSchema,
    checkConfig: tokenFailures,
    async configure(config) {
      // The client takes longer to load than all the rest together; nothing needs it before.
      const { Cloudflare } = await import("cloudflare");
      const client = new Cloudflare({
        apiToken: config.apiToken ?? options.apiToken,
        baseURL: config.baseUrl ?? options.baseUrl,
        // Without these it would look for credentials in the environment.
        apiEmail: null,
        apiKey: null,
        userServiceKey: null,
      });
      return new CloudflareApi(client, { ...DEFAULT_RETRY, ...options.retry });
    },
  };
}

function tokenFailures(config: Properties): CheckFailure[] {
  const { apiToken } = config;
  if (apiToken === undefined || /^[0-9A-Za-z_-]{40,80}$/.test(String(apiToken))) return [];
  const reason = "API tokens must only contain characters a-z, A-Z, 0-9, hyphens and underscores";
  return [
    {
      property: "apiToken",
      reason: `Invalid Attribute Value Match. Attribute api_token ${reason} (40 to 80 of them), got a value of ${String(apiToken).length} characters`,
    },
  ];
}
