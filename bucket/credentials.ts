/** S3 credentials of a bucket. Cloudflare R2 documentation, "Get S3 API credentials from an API token". */
import { createHash } from "node:crypto";
import { BucketJurisdiction } from "./choices.ts";

export interface S3Credentials {
  /** `https://<account>.r2.cloudflarestorage.com`, with the jurisdiction in front of `r2` where there is one. */
  endpoint: string;
  bucketName: string;
  /** R2 has one region: `auto`. */
  region: string;
  /** The token's id. */
  accessKeyId: string;
  /** SHA-256 of the token's value, in hexadecimal digits. */
  secretAccessKey: string;
  /** Generation of the bucket's key that these are. */
  keyGeneration: number;
}

export function s3Endpoint(accountId: string, jurisdiction: BucketJurisdiction): string {
  const host = jurisdiction === BucketJurisdiction.default ? accountId : `${accountId}.${jurisdiction}`;
  return `https://${host}.r2.cloudflarestorage.com`;
}

export function secretAccessKey(tokenValue: string): string {
  return createHash("sha256").update(tokenValue).digest("hex");
}

function variablesOf(credentials: S3Credentials) {
  const { endpoint, bucketName, region, accessKeyId, secretAccessKey, keyGeneration } = credentials;
  return {
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    R2_ENDPOINT: endpoint,
    R2_BUCKET: bucketName,
    R2_REGION: region,
    R2_ACCESS_KEY_ID: accessKeyId,
    R2_SECRET_ACCESS_KEY: secretAccessKey,
    TENANT_EDGE_KEY_GENERATION: String(keyGeneration),
  };
}

/** The credentials as an environment file (`NAME=value` lines), under the names of the AWS SDKs and under R2's own. */
export function environmentFile(credentials: S3Credentials): string {
  return Object.entries(variablesOf(credentials))
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}

/** Names of the variables in that file. */
export const BUCKET_VARIABLES: readonly string[] = Object.keys(
  variablesOf({
    endpoint: "",
    bucketName: "",
    region: "",
    accessKeyId: "",
    secretAccessKey: "",
    keyGeneration: 0,
  }),
);
