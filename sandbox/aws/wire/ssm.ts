/** SSM over JSON 1.1. */
import { AwsError } from "../operation.ts";
import type { AwsOperations } from "../operations.ts";
import type { Protocol, WireResponse } from "./protocol.ts";

const OPERATIONS = [
  "GetParameter",
  "GetParameters",
  "GetParametersByPath",
  "PutParameter",
  "DeleteParameter",
  "DeleteParameters",
  "DescribeParameters",
  "AddTagsToResource",
  "RemoveTagsFromResource",
  "ListTagsForResource",
  "DescribeInstanceInformation",
  "SendCommand",
  "GetCommandInvocation",
  "ListCommandInvocations",
] as const;

const CONTENT_TYPE = "application/x-amz-json-1.1";

/** Times are seconds since 1970 in this protocol. */
function encode(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key: string, shown: unknown) {
    const original = this[key];
    return original instanceof Date ? original.getTime() / 1000 : shown;
  });
}

function answer(status: number, value: unknown): WireResponse {
  return { status, contentType: CONTENT_TYPE, body: encode(value) };
}

function parse(body: string): object {
  try {
    const input: unknown = JSON.parse(body === "" ? "{}" : body);
    if (typeof input === "object" && input !== null && !Array.isArray(input)) return input;
  } catch {
    // Answered below, like JSON of another type.
  }
  throw new AwsError("SerializationException", "");
}

/** Names that authentication errors have in JSON services. */
const CODES: Record<string, string> = {
  ExpiredToken: "ExpiredTokenException",
  InvalidClientTokenId: "UnrecognizedClientException",
  MissingAuthenticationToken: "MissingAuthenticationTokenException",
  SignatureDoesNotMatch: "InvalidSignatureException",
  InternalError: "InternalServerError",
};

export const ssmProtocol: Protocol = {
  async handle(request, caller, invoke) {
    const target = request.headers["x-amz-target"] ?? "";
    const operation = OPERATIONS.find((name) => target === `AmazonSSM.${name}`);
    if (operation === undefined) throw new AwsError("UnknownOperationException", "");
    const name = `ssm:${operation}` as const;
    const input = parse(request.body) as AwsOperations[typeof name]["input"];
    return answer(200, await invoke(name, input as never, caller));
  },

  refuse(error) {
    const code = CODES[error.code] ?? error.code;
    const message = error.message === "" ? {} : { message: error.message };
    return answer(error.statusCode >= 500 ? error.statusCode : 400, { __type: code, ...message });
  },
};
