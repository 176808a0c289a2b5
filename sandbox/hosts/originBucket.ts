/** The app's look at its bucket, over the emulated S3 API and with the credentials that it was given. */
import { createHash, createHmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Cloudflare } from "../cloudflare/cloud.ts";

type Sha256Source = string | ArrayBuffer | ArrayBufferView;

/** What the signer wants of a hash. */
class Sha256 {
  readonly #hash;

  constructor(secret?: Sha256Source) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", bytes(secret));
  }

  update(data: Sha256Source): void {
    this.#hash.update(bytes(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    throw new Error("a hash is used once");
  }
}

function bytes(data: Sha256Source): Buffer {
  if (typeof data === "string") return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(data);
}

/** Status of ListObjectsV2. Undefined when the variables are none of a bucket. */
export async function listBucket(
  { s3App }: Cloudflare,
  environment: Readonly<Record<string, string>>,
): Promise<number | undefined> {
  const { R2_ENDPOINT, R2_BUCKET, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = environment;
  if (!R2_ENDPOINT || !R2_BUCKET || !AWS_REGION || !AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY)
    return undefined;
  const { hostname } = new URL(R2_ENDPOINT);
  const signer = new SignatureV4({
    service: "s3",
    region: AWS_REGION,
    credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY },
    sha256: Sha256,
    uriEscapePath: false,
  });
  const path = `/${R2_BUCKET}`;
  const signed = await signer.sign({
    method: "GET",
    protocol: "https:",
    hostname,
    path,
    query: { "list-type": "2", "max-keys": "1" },
    headers: { host: hostname, "x-amz-content-sha256": createHash("sha256").digest("hex") },
  });
  const url = `https://${hostname}${path}?list-type=2&max-keys=1`;
  const response = await s3App.request(url, { headers: signed.headers });
  return response.status;
}
