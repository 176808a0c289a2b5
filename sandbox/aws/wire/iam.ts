/** IAM over the query protocol: what operators and sweeps call. */
import { AwsError } from "../operation.ts";
import type { AwsOperations } from "../operations.ts";
import type { Protocol } from "./protocol.ts";
import { QUERY_CONTENT_TYPE, queryError } from "./queryError.ts";
import { toXml } from "./xml.ts";

const XMLNS = "https://iam.amazonaws.com/doc/2010-05-08/";

const OPERATIONS = [
  "GetRole",
  "ListRoles",
  "ListRoleTags",
  "ListRolePolicies",
  "GetRolePolicy",
  "ListAttachedRolePolicies",
  "ListInstanceProfiles",
  "ListInstanceProfileTags",
  "ListInstanceProfilesForRole",
  "GetInstanceProfile",
  "RemoveRoleFromInstanceProfile",
  "DeleteInstanceProfile",
  "DeleteRolePolicy",
  "DetachRolePolicy",
  "DeleteRole",
] as const;

/** The parameters of these operations are all texts but this one. */
const NUMBER = "MaxItems";

function inputOf(form: URLSearchParams): object {
  const parameters = [...form].filter(([name]) => name !== "Action" && name !== "Version");
  return Object.fromEntries(parameters.map(([name, text]) => [name, name === NUMBER ? Number(text) : text]));
}

/** Lists are elements called `member`; what is undefined is left out. */
function encode(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return { member: value.map(encode) };
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(fields.map(([name, field]) => [name, encode(field)]));
}

export const iamProtocol: Protocol = {
  async handle(request, caller, invoke) {
    const form = new URLSearchParams(request.body);
    const action = form.get("Action");
    const operation = OPERATIONS.find((name) => name === action);
    if (operation === undefined) {
      throw new AwsError("InvalidAction", `Could not find operation ${action} for version 2010-05-08`);
    }
    const name = `iam:${operation}` as const;
    const output = await invoke(name, inputOf(form) as AwsOperations[typeof name]["input"] as never, caller);
    const body = toXml({
      [`${operation}Response`]: {
        "@_xmlns": XMLNS,
        [`${operation}Result`]: encode(output),
        ResponseMetadata: { RequestId: request.requestId },
      },
    });
    return { status: 200, contentType: QUERY_CONTENT_TYPE, body };
  },

  refuse: (error, requestId) => queryError(XMLNS, error, requestId),
};
