/** S3 credentials that every Cloudflare API token is, for work on buckets whose own keys are revoked. */
import type { CloudflareApi } from "../clients/cloudflareApi.ts";
import { secretAccessKey } from "./credentials.ts";

/**
 * Access key id: the token's id; secret access key: SHA-256 of its value. They open what the token may open on R2.
 * Cloudflare R2 documentation, "Get S3 API credentials from an API token".
 *
 * @throws Error without a token; the client's APIError when Cloudflare does not know it.
 */
export async function apiTokenCredentials(
  cloudflare: CloudflareApi,
  accountId: string,
  signal?: AbortSignal | undefined,
): Promise<{ accessKeyId: string; secretAccessKey: string }> {
  const client = await cloudflare.client();
  const options = { signal: signal ?? null };
  // A token belongs to the account or to a user, and each is verified in its own place.
  const verified = await client.accounts.tokens
    .verify({ account_id: accountId }, options)
    .catch((refused: unknown) =>
      client.user.tokens.verify(options).catch(() => {
        throw refused;
      }),
    );
  return { accessKeyId: verified.id, secretAccessKey: secretAccessKey(cloudflare.apiToken ?? "") };
}
