/** How clients of R2's S3 side are set up. */
import { outgoingUrlProblem } from "../clients/outgoingUrl.ts";

/** Names the base address of a stand-in for R2, below which every account has a path. Default: Cloudflare's own hosts. */
export const R2_ENDPOINT_VARIABLE = "TENANT_EDGE_R2_ENDPOINT";

/** R2 has one region. Cloudflare R2 documentation, "S3 API compatibility", "Bucket region". */
export const R2_REGION = "auto";

const R2_HOST = /^([0-9a-f]{32}(?:\.[a-z]+)?)\.r2\.cloudflarestorage\.com$/;

/** What an S3 client of a bucket is made with, besides credentials. */
export interface R2ClientSettings {
  endpoint: string;
  region: string;
  /** `<endpoint>/<bucket>/<key>`. */
  forcePathStyle: boolean;
  /** R2 has not every checksum that the SDK would add by itself. */
  requestChecksumCalculation: "WHEN_REQUIRED";
  responseChecksumValidation: "WHEN_REQUIRED";
}

/**
 * @param endpoint of the bucket, as `s3Endpoint` makes it: `https://<account>[.<jurisdiction>].r2.cloudflarestorage.com`.
 * @param env with TENANT_EDGE_R2_ENDPOINT set (`http://127.0.0.1:8787/r2`), requests to R2 go to
 * `<that>/<account>[.<jurisdiction>]` instead; other endpoints are left alone.
 * @throws Error when the variable is no http or https URL.
 */
export function r2ClientSettings(endpoint: string, env: NodeJS.ProcessEnv): R2ClientSettings {
  return {
    endpoint: standIn(endpoint, env[R2_ENDPOINT_VARIABLE]) ?? endpoint,
    region: R2_REGION,
    forcePathStyle: true,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  };
}

function standIn(endpoint: string, base: string | undefined): string | undefined {
  if (base === undefined || base === "") return undefined;
  const problem = outgoingUrlProblem(base);
  if (problem !== undefined) {
    throw new Error(
      `${R2_ENDPOINT_VARIABLE} is ${problem}: expected an http or https URL such as http://127.0.0.1:8787/r2. Unset it to use Cloudflare's own hosts.`,
    );
  }
  const account = R2_HOST.exec(URL.parse(endpoint)?.hostname ?? "")?.[1];
  return account === undefined ? undefined : `${base.replace(/(?<!\/)\/+$/, "")}/${account}`;
}
