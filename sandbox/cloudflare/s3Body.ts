/** The body of an S3 request: unpacked when it comes in signed or trailed chunks, and checked against its digests. */
import { createHash, createHmac } from "node:crypto";
import { crc32 } from "node:zlib";
import { S3Error } from "./s3Error.ts";
import { type Signature, sha256, signingKey } from "./s3Signature.ts";

const LONGEST_LINE = 8192;

/** Throws S3Error: IncompleteBody, BadDigest, SignatureDoesNotMatch, XAmzContentSHA256Mismatch. */
export async function readS3Body(
  request: Request,
  signature: Signature,
  secret: string,
): Promise<Uint8Array> {
  const raw = Buffer.from(await request.arrayBuffer());
  const declared = request.headers.get("x-amz-content-sha256") ?? "UNSIGNED-PAYLOAD";
  const trailers = new Headers();
  let body = raw;
  if (declared.startsWith("STREAMING-")) {
    const chunks = readChunks(raw, trailers);
    if (declared.startsWith("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")) checkChunks(chunks, signature, secret);
    body = Buffer.concat(chunks.map((chunk) => chunk.data));
    const length = request.headers.get("x-amz-decoded-content-length");
    if (length !== null && Number(length) !== body.length) throw incomplete();
  } else if (declared !== "UNSIGNED-PAYLOAD" && declared !== sha256(body)) {
    throw new S3Error(
      "XAmzContentSHA256Mismatch",
      400,
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  }
  checkDigest(request.headers.get("content-md5"), () => createHash("md5").update(body).digest("base64"));
  for (const from of [request.headers, trailers]) {
    checkDigest(from.get("x-amz-checksum-crc32"), () => {
      const sum = Buffer.alloc(4);
      sum.writeUInt32BE(crc32(body));
      return sum.toString("base64");
    });
    checkDigest(from.get("x-amz-checksum-sha256"), () => createHash("sha256").update(body).digest("base64"));
    checkDigest(from.get("x-amz-checksum-sha1"), () => createHash("sha1").update(body).digest("base64"));
  }
  return body;
}

interface Chunk {
  data: Buffer;
  signature: string | undefined;
}

/** Chunks of `aws-chunked`, the empty last one included; what trails them goes to `trailers`. */
function readChunks(raw: Buffer, trailers: Headers): Chunk[] {
  const chunks: Chunk[] = [];
  let offset = 0;
  const line = (): string => {
    const end = raw.indexOf("\r\n", offset);
    if (end < 0 || end - offset > LONGEST_LINE) throw incomplete();
    const text = raw.toString("utf8", offset, end);
    offset = end + 2;
    return text;
  };
  while (true) {
    const [, size, chunkSignature] = /^([0-9a-f]+)(?:;chunk-signature=([0-9a-f]{64}))?$/i.exec(line()) ?? [];
    if (size === undefined) throw incomplete();
    const length = Number.parseInt(size, 16);
    if (offset + length > raw.length) throw incomplete();
    chunks.push({ data: raw.subarray(offset, offset + length), signature: chunkSignature });
    offset += length;
    if (length === 0) break;
    if (line() !== "") throw incomplete();
  }
  while (offset < raw.length) {
    const [, name, value] = /^([a-z0-9-]+):(.*)$/i.exec(line()) ?? [];
    if (name !== undefined) trailers.set(name, (value ?? "").trim());
  }
  return chunks;
}

function checkChunks(chunks: Chunk[], signature: Signature, secret: string): void {
  const key = signingKey(secret, signature.scope);
  let previous = signature.value;
  for (const chunk of chunks) {
    const stringToSign = [
      "AWS4-HMAC-SHA256-PAYLOAD",
      signature.timestamp,
      signature.scope,
      previous,
      sha256(""),
      sha256(chunk.data),
    ].join("\n");
    previous = createHmac("sha256", key).update(stringToSign).digest("hex");
    if (chunk.signature !== previous) {
      throw new S3Error("SignatureDoesNotMatch", 403, "The signature of a chunk does not match.");
    }
  }
}

function checkDigest(given: string | null, compute: () => string): void {
  if (given !== null && given !== compute()) {
    throw new S3Error("BadDigest", 400, "The checksum you specified did not match what we received.");
  }
}

function incomplete(): S3Error {
  return new S3Error("IncompleteBody", 400, "The request body terminated before the specified length.");
}
