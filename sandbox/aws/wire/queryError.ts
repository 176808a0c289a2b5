/** Errors of the services that speak the query protocol. */
import type { AwsError } from "../operation.ts";
import type { WireResponse } from "./protocol.ts";
import { toXml } from "./xml.ts";

export const QUERY_CONTENT_TYPE = "text/xml";

export function queryError(xmlns: string, error: AwsError, requestId: string): WireResponse {
  const fault = {
    Type: error.statusCode >= 500 ? "Receiver" : "Sender",
    Code: error.code,
    Message: error.message,
  };
  const body = toXml({ ErrorResponse: { "@_xmlns": xmlns, Error: fault, RequestId: requestId } });
  return { status: error.statusCode, contentType: QUERY_CONTENT_TYPE, body };
}
