import type { CheckFailure, Properties, ResourceType } from "../resourceType.ts";
import { NO_ID, refreshed, settled, timestamp } from "./answer.ts";
import type { CloudflareApi, Json } from "./api.ts";
import { timeFailures } from "./goTime.ts";
import { importParts } from "./importId.ts";
import { policiesBody, readPolicies, settledPolicies } from "./tokenPolicies.ts";
import { unlessGone } from "./unlessGone.ts";

const COMPUTED = [
  "creatorEmailAtCreation",
  "issuedOn",
  "lastUsedOn",
  "modifiedOn",
  "provisionerId",
  "provisionerType",
  "status",
];
/** A token in such a state is as good as gone: a refresh drops it, and the next update makes another. */
const UNUSABLE = ["expired", "revoked (exposed)"];

/** An account's API token. Its value is answered once, at creation, and kept by the state alone. */
export const accountTokenType: ResourceType<CloudflareApi> = {
  token: "cloudflare:index/accountToken:AccountToken",
  replaceOn: ["accountId"],
  secretOutputs: ["value"],
  optionalComputed: ["status"],
  check: (inputs, { name }): CheckFailure[] => [
    ...timeFailures(inputs.expiresOn, "expiresOn", name),
    ...timeFailures(inputs.notBefore, "notBefore", name),
  ],
  unknownOnUpdate: () => COMPUTED,

  async create(api, inputs, { signal }) {
    const result = await api.call("post", pathOf(inputs.accountId), { body: bodyOf(inputs), signal });
    return { id: result?.id ?? NO_ID, outputs: { ...settledOutputs(inputs, result), value: result?.value } };
  },

  async read(api, id, state, context) {
    const { accountId, tokenId } = placeOf(id, state);
    const result = await unlessGone(api.call("get", pathOf(accountId, tokenId), context), state, context);
    if (result === "gone") return undefined;
    const status = result?.status;
    if (UNUSABLE.includes(status)) {
      context.warn(
        `[WARNING] Token "${result.name}" is in "${status}" status and is no longer usable. It will be removed from state and recreated on the next apply.: Token expired or revoked`,
      );
      return undefined;
    }
    const policies = readPolicies(state.policies, answeredPolicies(result));
    const answered = { ...outputsOf(result), ...argumentsOf(result), policies };
    return { id: result.id ?? tokenId, outputs: refreshed({ ...state, accountId }, answered) };
  },

  async update(api, id, olds, news, { signal }) {
    const result = await api.call("put", pathOf(news.accountId, id), { body: bodyOf(news), signal });
    return { ...settledOutputs(news, result), value: olds.value };
  },

  async delete(api, id, state, { signal }) {
    await api.delete(pathOf(state.accountId, id), { signal });
  },
};

function placeOf(id: string, state: Properties): { accountId: string; tokenId: string } {
  if (state.accountId !== undefined) return { accountId: state.accountId, tokenId: id };
  const [accountId, tokenId] = importParts(id, "account_id", "token_id");
  return { accountId, tokenId };
}

function pathOf(accountId: string, tokenId?: string): string {
  const tokens = `/accounts/${accountId}/tokens`;
  return tokenId === undefined ? tokens : `${tokens}/${tokenId}`;
}

function bodyOf(inputs: Properties): Json {
  const requestIp = inputs.condition?.requestIp;
  return {
    condition: inputs.condition && {
      request_ip: requestIp && { in: requestIp.ins, not_in: requestIp.notIns },
    },
    expires_on: inputs.expiresOn,
    name: inputs.name,
    not_before: inputs.notBefore,
    policies: policiesBody(inputs.policies),
    status: inputs.status,
  };
}

/** Unlike the other types, this one cannot make do with an answer that has no policies. */
function answeredPolicies(result: Json): Json[] {
  if (Array.isArray(result?.policies)) return result.policies;
  throw new Error("failed to deserialize http request: unexpected end of JSON input");
}

function settledOutputs(planned: Properties, result: Json): Properties {
  const policies = settledPolicies(planned.policies, answeredPolicies(result));
  return settled({ ...planned, policies }, outputsOf(result));
}

function outputsOf(result: Json): Properties {
  return {
    creatorEmailAtCreation: result.creator_email_at_creation,
    issuedOn: timestamp(result.issued_on),
    lastUsedOn: timestamp(result.last_used_on),
    modifiedOn: timestamp(result.modified_on),
    provisionerId: result.provisioner_id,
    provisionerType: result.provisioner_type,
    status: result.status,
  };
}

/** Arguments that a read takes from the answer, also those that the program never gave. */
function argumentsOf(result: Json): Properties {
  const ip = result.condition?.request_ip;
  return {
    condition: result.condition && { requestIp: ip && { ins: ip.in, notIns: ip.not_in } },
    expiresOn: timestamp(result.expires_on),
    name: result.name,
    notBefore: timestamp(result.not_before),
  };
}
