/**
 * The S3-compatible side of R2, path style: `<account>[.<jurisdiction>].r2.cloudflarestorage.com/<bucket>/<key>`, or
 * `/r2/<account>[.<jurisdiction>]/<bucket>/<key>` under any host. Keys are tokens: the access key id is a token's id
 * and the secret access key the SHA-256 of its value.
 */
import { Hono } from "hono";
import type { Analytics } from "./analytics/analytics.ts";
import { ApiError } from "./apiError.ts";
import type { BucketAddress, Buckets } from "./buckets.ts";
import { type CallLog, Service } from "./callLog.ts";
import type { Objects } from "./objects.ts";
import { Level } from "./permissionGroups.ts";
import { readS3Body } from "./s3Body.ts";
import { S3Error, xmlResponse } from "./s3Error.ts";
import { type ObjectRequest, type Operation, operationOf } from "./s3Operations.ts";
import { readSignature, type Signature, verifySignature } from "./s3Signature.ts";
import { grants, Jurisdiction } from "./tokenPolicy.ts";
import type { Token, Tokens } from "./tokens.ts";

interface Target {
  accountId: string;
  jurisdiction: Jurisdiction;
  /** Below the account: `/bucket/key`, still encoded. */
  path: string;
}

const HOST = /^([0-9a-f]{32})(?:\.([a-z]+))?\.r2\.cloudflarestorage\.com(?::\d+)?$/;
const PREFIX = /^\/r2\/([0-9a-f]{32})(?:\.([a-z]+))?(\/.*)?$/;

/** The account that a request is for; undefined when it is not for the S3 side. */
export function s3Target(request: Request): Target | undefined {
  const { pathname } = new URL(request.url);
  const byHost = HOST.exec(request.headers.get("host") ?? "");
  const match = byHost ?? PREFIX.exec(pathname);
  const jurisdiction = Object.values(Jurisdiction).find(
    (known) => known === (match?.[2] ?? Jurisdiction.default),
  );
  if (match === null || jurisdiction === undefined) return undefined;
  return { accountId: match[1] ?? "", jurisdiction, path: byHost === null ? (match[3] ?? "/") : pathname };
}

interface S3Parts {
  tokens: Tokens;
  buckets: Buckets;
  objects: Objects;
  calls: CallLog;
  analytics: Analytics;
  now: () => Date;
}

/** What is known of a request while it is served. */
interface Served {
  /** The request is signed with its secret. */
  token?: Token;
  /** It may do what it wants to: from then on it counts. */
  isAllowed?: boolean;
  bucket?: BucketAddress;
}

/** Names of operations in analytics, where they are others. */
const ACTION_TYPES: Record<string, string> = { ListObjectsV2: "ListObjects" };
/** Operations that change nothing in a bucket. */
const READS = /^(Get|Head|List)/;

/** The one operation that is of no bucket. */
const LIST_BUCKETS: Pick<Operation, "name"> = { name: "ListBuckets" };

export function createS3App(parts: S3Parts): Hono {
  const app = new Hono();
  app.all("*", async (c) => {
    const request = c.req.raw;
    const served: Served = {};
    let route = "*";
    let response: Response;
    try {
      const target = s3Target(request);
      if (target === undefined)
        throw new S3Error("NoSuchBucket", 404, "The specified bucket does not exist.");
      const { bucket, key } = keyOf(target);
      const operation = bucket === "" ? LIST_BUCKETS : operationOf(request, key);
      route = operation.name;
      response = await serve(parts, request, target, operation, served);
    } catch (error) {
      response = asS3Error(error).toResponse();
    }
    count(parts, served, route, response.status);
    parts.calls.append({
      time: parts.now().toISOString(),
      service: Service.s3,
      method: request.method,
      route,
      path: new URL(request.url).pathname,
      status: response.status,
      ...(served.token === undefined ? {} : { tokenId: served.token.id }),
    });
    return request.method === "HEAD" ? new Response(null, response) : response;
  });
  return app;
}

function count(
  { analytics, objects }: S3Parts,
  { token, isAllowed, bucket }: Served,
  name: string,
  status: number,
) {
  if (token === undefined || isAllowed !== true || name === "*") return;
  analytics.countOperation(token.accountId, bucket, ACTION_TYPES[name] ?? name, status);
  if (bucket !== undefined && !READS.test(name)) analytics.sampleStorage(bucket, objects.usage(bucket));
}

async function serve(
  parts: S3Parts,
  request: Request,
  target: Target,
  operation: Operation | typeof LIST_BUCKETS,
  served: Served,
): Promise<Response> {
  const signature = readSignature(request);
  const token = authenticated(parts, signature, target);
  verifySignature(request, signature, token.valueHash, parts.now());
  served.token = token;
  const { bucket, key } = keyOf(target);
  const { accountId, jurisdiction } = target;
  if (!("run" in operation)) {
    if (request.method !== "GET")
      throw new S3Error("NotImplemented", 501, "The operation is not implemented.");
    if (!grants(token.policies, "Workers R2 Storage", Level.read, { kind: "account", accountId }))
      throw denied();
    served.isAllowed = true;
    const named = parts.buckets.list(accountId, jurisdiction);
    return xmlResponse("ListAllMyBucketsResult", {
      Buckets: { Bucket: named.map(({ name, createdAt }) => ({ Name: name, CreationDate: createdAt })) },
    });
  }
  const address: BucketAddress = { accountId, jurisdiction, name: bucket };
  if (!mayTouch(token, address, operation.level)) throw denied();
  parts.buckets.require(address);
  served.isAllowed = true;
  served.bucket = address;
  const body = await readS3Body(request, signature, token.valueHash);
  parts.tokens.touch(token);
  const input: ObjectRequest = {
    request,
    query: new URL(request.url).searchParams,
    bucket: address,
    key,
    body,
  };
  return operation.run(parts.objects, input);
}

/** Throws Unauthorized (401): no such key, a key of another account, one that is disabled or over. */
function authenticated({ tokens }: S3Parts, signature: Signature, target: Target): Token {
  const token = tokens.get(signature.accessKeyId);
  if (token === undefined || token.accountId !== target.accountId || !tokens.usable(token)) {
    throw new S3Error("Unauthorized", 401, "Unauthorized");
  }
  return token;
}

function mayTouch(token: Token, bucket: BucketAddress, level: Level): boolean {
  const { accountId, jurisdiction, name } = bucket;
  return (
    grants(token.policies, "Workers R2 Storage Bucket Item", level, {
      kind: "bucket",
      accountId,
      jurisdiction,
      bucket: name,
    }) || grants(token.policies, "Workers R2 Storage", level, { kind: "account", accountId })
  );
}

function keyOf(target: Target): { bucket: string; key: string } {
  const [, bucket = "", key = ""] = /^\/([^/]*)\/?(.*)$/s.exec(target.path) ?? [];
  try {
    return { bucket: decodeURIComponent(bucket), key: decodeURIComponent(key) };
  } catch {
    throw new S3Error("InvalidURI", 400, "Couldn't parse the specified URI.");
  }
}

function denied(): S3Error {
  return new S3Error("AccessDenied", 403, "Access Denied");
}

function asS3Error(error: unknown): S3Error {
  if (error instanceof S3Error) return error;
  if (error instanceof ApiError && error.errors[0]?.code === 10006) {
    return new S3Error("NoSuchBucket", 404, "The specified bucket does not exist.");
  }
  return new S3Error("InternalError", 500, error instanceof Error ? error.message : String(error));
}
