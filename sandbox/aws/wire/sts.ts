/** STS over the query protocol. */
import { AwsError } from "../operation.ts";
import type { Protocol } from "./protocol.ts";
import { QUERY_CONTENT_TYPE, queryError } from "./queryError.ts";
import { toXml } from "./xml.ts";

const XMLNS = "https://sts.amazonaws.com/doc/2011-06-15/";

export const stsProtocol: Protocol = {
  async handle(request, caller, invoke) {
    const form = new URLSearchParams(request.body);
    const action = form.get("Action");
    if (action !== "GetCallerIdentity") {
      throw new AwsError("InvalidAction", `Could not find operation ${action} for version 2011-06-15`, 400);
    }
    const { Arn, UserId, Account } = await invoke("sts:GetCallerIdentity", {}, caller);
    const body = toXml({
      GetCallerIdentityResponse: {
        "@_xmlns": XMLNS,
        GetCallerIdentityResult: { Arn, UserId, Account },
        ResponseMetadata: { RequestId: request.requestId },
      },
    });
    return { status: 200, contentType: QUERY_CONTENT_TYPE, body };
  },

  refuse: (error, requestId) => queryError(XMLNS, error, requestId),
};
