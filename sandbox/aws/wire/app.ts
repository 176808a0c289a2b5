/** One endpoint for all services, as `AWS_ENDPOINT_URL` wants it: the signature says which service is meant. */
import { randomUUID } from "node:crypto";
import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { dropConnection } from "../../faults/dropConnection.ts";
import type { Aws } from "../cloud.ts";
import { AwsConnectionError } from "../connectionError.ts";
import type { Credentials } from "../credentials.ts";
import { AwsError, type Caller } from "../operation.ts";
import { ec2Protocol } from "./ec2.ts";
import { iamProtocol } from "./iam.ts";
import type { Protocol, WireResponse } from "./protocol.ts";
import { parseAuthorization, type SignedRequest, verifySignature } from "./signature.ts";
import { ssmProtocol } from "./ssm.ts";
import { stsProtocol } from "./sts.ts";

const protocols: Record<string, Protocol> = {
  ec2: ec2Protocol,
  iam: iamProtocol,
  ssm: ssmProtocol,
  sts: stsProtocol,
};

/** IAM has no regions: its requests may be signed for the one where it is. */
const GLOBAL_REGION = "us-east-1";

/** The service of a request whose signature cannot be read. */
function guessService(headers: Record<string, string>): string {
  return headers["content-type"]?.startsWith("application/x-amz-json") === true ? "ssm" : "sts";
}

function serviceOf(authorization: string | undefined): string | undefined {
  return /^AWS4-HMAC-SHA256 Credential=[^/]+\/\d{8}\/[^/]+\/([^/]+)\//.exec(authorization ?? "")?.[1];
}

async function authenticate(request: SignedRequest, aws: Aws, credentials: Credentials): Promise<Caller> {
  const parts = parseAuthorization(request.headers.authorization);
  const { caller, credentials: keys } = credentials.resolve(
    parts.accessKeyId,
    request.headers["x-amz-security-token"],
  );
  await verifySignature(request, parts, keys);
  const isGlobal = parts.service === "iam" && parts.region === GLOBAL_REGION;
  if (parts.region !== aws.region && !isGlobal) {
    throw new AwsError("SignatureDoesNotMatch", "Credential should be scoped to a valid region.", 403);
  }
  return caller;
}

export function awsWire(aws: Aws, credentials: Credentials) {
  const app = new Hono<{ Bindings: Partial<HttpBindings> }>();
  app.post("/", async (context) => {
    const headers = context.req.header();
    const body = await context.req.text();
    const requestId = randomUUID();
    const service = serviceOf(headers.authorization) ?? guessService(headers);
    const protocol = protocols[service] ?? stsProtocol;
    let response: WireResponse;
    try {
      const caller = await authenticate({ method: "POST", path: "/", headers, body }, aws, credentials);
      if (protocols[service] === undefined) {
        throw new AwsError("InvalidAction", `The sandbox does not emulate the service ${service}`);
      }
      const invoke = aws.call.bind(aws);
      response = await protocol.handle({ headers, body, requestId }, caller, invoke);
    } catch (error) {
      if (error instanceof AwsConnectionError) return dropConnection(context.env);
      const refusal = error instanceof AwsError ? error : new AwsError("InternalError", String(error), 500);
      response = protocol.refuse(refusal, requestId);
    }
    return new Response(response.body, {
      status: response.status,
      headers: { "content-type": response.contentType, "x-amzn-requestid": requestId },
    });
  });
  return app;
}
