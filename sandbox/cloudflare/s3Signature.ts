/** AWS Signature Version 4 seen from the server: recomputed from the request and compared. */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { S3Error } from "./s3Error.ts";

export interface Signature {
  accessKeyId: string;
  /** `<date>/<region>/s3/aws4_request`. */
  scope: string;
  signedHeaders: string[];
  /** Hexadecimal. */
  value: string;
  /** `YYYYMMDD'T'HHMMSS'Z'`. */
  timestamp: string;
  /** Set for a presigned URL. Seconds. */
  expiresSeconds?: number;
}

const ALGORITHM = "AWS4-HMAC-SHA256";
const LONGEST_SKEW_MILLISECONDS = 15 * 60 * 1000;
const REGIONS = new Set(["auto", "us-east-1", "", "wnam", "enam", "weur", "eeur", "apac", "oc"]);

/** The signature of a request, from its header or its query. Throws S3Error when there is none that can be read. */
export function readSignature(request: Request): Signature {
  const url = new URL(request.url);
  const header = request.headers.get("authorization");
  const signature = header === null ? fromQuery(url.searchParams) : fromHeader(header, request);
  if (signature === undefined) {
    throw header === null
      ? new S3Error("InvalidArgument", 400, "Authorization")
      : new S3Error("InvalidArgument", 400, "Invalid Argument: Authorization");
  }
  if (signature.accessKeyId.length !== 32) {
    const { length } = signature.accessKeyId;
    throw new S3Error("InvalidArgument", 400, `Credential access key has length ${length}, should be 32`);
  }
  const [, region = "", service] = signature.scope.split("/");
  if (!REGIONS.has(region)) {
    throw new S3Error(
      "InvalidRegionName",
      400,
      `The region name '${region}' is not valid. Must be one of: auto`,
    );
  }
  if (service !== "s3" || !signature.signedHeaders.includes("host")) {
    throw new S3Error("InvalidArgument", 400, "Invalid Argument: Authorization");
  }
  return signature;
}

function fromHeader(header: string, request: Request): Signature | undefined {
  const fields =
    /^AWS4-HMAC-SHA256 Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/.exec(
      header,
    );
  const timestamp = request.headers.get("x-amz-date");
  if (fields === null || timestamp === null) return undefined;
  return compose(fields[1] ?? "", fields[2] ?? "", fields[3] ?? "", timestamp);
}

function fromQuery(query: URLSearchParams): Signature | undefined {
  if (query.get("X-Amz-Algorithm") !== ALGORITHM) return undefined;
  const signature = compose(
    query.get("X-Amz-Credential") ?? "",
    query.get("X-Amz-SignedHeaders") ?? "",
    query.get("X-Amz-Signature") ?? "",
    query.get("X-Amz-Date") ?? "",
  );
  return signature && { ...signature, expiresSeconds: Number(query.get("X-Amz-Expires")) };
}

function compose(
  credential: string,
  headers: string,
  value: string,
  timestamp: string,
): Signature | undefined {
  const [accessKeyId = "", ...scope] = credential.split("/");
  if (scope.length !== 4 || !/^\d{8}T\d{6}Z$/.test(timestamp)) return undefined;
  return { accessKeyId, scope: scope.join("/"), signedHeaders: headers.split(";"), value, timestamp };
}

/** Throws S3Error when the request is not signed with this secret, or too long ago. */
export function verifySignature(request: Request, signature: Signature, secret: string, now: Date): void {
  const signedAt = parseTimestamp(signature.timestamp);
  const age = now.getTime() - signedAt;
  if (signature.expiresSeconds !== undefined && age > signature.expiresSeconds * 1000) {
    throw new S3Error("ExpiredRequest", 400, "Request has expired");
  }
  if (signature.expiresSeconds === undefined && Math.abs(age) > LONGEST_SKEW_MILLISECONDS) {
    throw new S3Error(
      "RequestTimeTooSkewed",
      403,
      "The difference between the request time and the server's time is too large.",
    );
  }
  const stringToSign = [
    ALGORITHM,
    signature.timestamp,
    signature.scope,
    sha256(canonicalRequest(request, signature)),
  ].join("\n");
  const expected = createHmac("sha256", signingKey(secret, signature.scope)).update(stringToSign).digest();
  const given = Buffer.from(signature.value, "hex");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new S3Error(
      "SignatureDoesNotMatch",
      403,
      "The request signature we calculated does not match the signature you provided. Check your secret access key and signing method.",
    );
  }
}

/** The key that signs requests, and chunks of a body, of one day. */
export function signingKey(secret: string, scope: string): Buffer {
  return scope
    .split("/")
    .reduce(
      (key: Buffer, part) => createHmac("sha256", key).update(part).digest(),
      Buffer.from(`AWS4${secret}`),
    );
}

function canonicalRequest(request: Request, signature: Signature): string {
  const url = new URL(request.url);
  const presigned = signature.expiresSeconds !== undefined;
  const headers = signature.signedHeaders.map((name) => {
    const value = request.headers.get(name) ?? (name === "host" ? url.host : "");
    return `${name}:${value.trim().replace(/\s+/g, " ")}\n`;
  });
  return [
    request.method,
    url.pathname,
    canonicalQuery(url.searchParams),
    headers.join(""),
    signature.signedHeaders.join(";"),
    presigned ? "UNSIGNED-PAYLOAD" : (request.headers.get("x-amz-content-sha256") ?? sha256("")),
  ].join("\n");
}

function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join("&");
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function parseTimestamp(text: string): number {
  const iso = text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z");
  return new Date(iso).getTime();
}

export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
