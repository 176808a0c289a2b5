/** Signature Version 4: who made a request, and that it is signed with that one's secret key. */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import type { AwsCredentials } from "../credentials.ts";
import { AwsError } from "../operation.ts";

export interface SignedRequest {
  method: string;
  path: string;
  /** Lower-case names. */
  headers: Record<string, string>;
  body: string;
}

export interface SignatureParts {
  accessKeyId: string;
  region: string;
  service: string;
  signedHeaders: string[];
  signature: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

/** Reads the Authorization header. Throws MissingAuthenticationToken when it is not a signature. */
export function parseAuthorization(header: string | undefined): SignatureParts {
  const match = AUTHORIZATION.exec(header ?? "");
  if (match === null) {
    throw new AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403);
  }
  const [, accessKeyId = "", region = "", service = "", signedHeaders = "", signature = ""] = match;
  return { accessKeyId, region, service, signedHeaders: signedHeaders.split(";"), signature };
}

class Sha256 {
  readonly #hash: { update(data: string | Uint8Array): unknown; digest(): Buffer };

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", toBytes(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(toBytes(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {}
}

function toBytes(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === "string") return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

/** `20260102T030405Z` */
function parseDate(text: string | undefined): Date {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? "") ?? [];
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** Throws SignatureDoesNotMatch unless the request was signed with these credentials. */
export async function verifySignature(
  request: SignedRequest,
  parts: SignatureParts,
  credentials: AwsCredentials,
): Promise<void> {
  const signingDate = parseDate(request.headers["x-amz-date"]);
  const headers = Object.fromEntries(parts.signedHeaders.map((name) => [name, request.headers[name] ?? ""]));
  const signer = new SignatureV4({
    service: parts.service,
    region: parts.region,
    credentials,
    sha256: Sha256,
    applyChecksum: false,
  });
  const signed =
    Number.isNaN(signingDate.getTime()) || headers.host === undefined
      ? undefined
      : await signer.sign(
          {
            method: request.method,
            protocol: "http:",
            hostname: headers.host,
            path: request.path,
            query: {},
            headers,
            body: request.body,
          },
          { signingDate, signableHeaders: new Set(parts.signedHeaders) },
        );
  const expected = /Signature=([0-9a-f]{64})$/.exec(signed?.headers.authorization ?? "")?.[1];
  if (expected === undefined || !timingSafeEqual(Buffer.from(expected), Buffer.from(parts.signature))) {
    throw new AwsError(
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. " +
        "Check your AWS Secret Access Key and signing method.",
      403,
    );
  }
}
