/**
 * The policies of a token between Pulumi's form, in which `resources` is JSON text, and the API's, in which it is an
 * object. The API sorts policies and permission groups its own way; in the state they keep the program's order.
 */
import type { Properties } from "../resourceType.ts";
import type { Json } from "./api.ts";

export interface Policy {
  effect: string;
  permissionGroups: { id: string }[];
  resources: string;
}

/** Throws when a policy's resources are no JSON: the provider cannot send such a token. */
export function policiesBody(policies: Properties[]): Json {
  return policies.map((policy) => ({
    effect: policy.effect,
    permission_groups: policy.permissionGroups,
    resources: parsedResources(policy.resources),
  }));
}

function parsedResources(text: string): Json {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`failed to serialize http request: policy resources are not JSON: ${reason}`);
  }
}

function answeredPolicy(policy: Json): Policy {
  return {
    effect: policy.effect,
    permissionGroups: (policy.permission_groups ?? []).map((group: Json) => ({ id: group.id })),
    // The text of the answer, without blanks: another formatting in the program is a permanent difference.
    resources: JSON.stringify(policy.resources),
  };
}

function groupsKey(policy: Policy): string {
  return policy.permissionGroups
    .map(({ id }) => id)
    .sort()
    .join(",");
}

const identity = (policy: Policy) => `${policy.effect}|${groupsKey(policy)}`;
const fingerprint = (policy: Policy) => `${policy.effect}|${policy.resources}|${groupsKey(policy)}`;

/** After a create or an update: the planned policies, each with the resources as the API wrote them. */
export function settledPolicies(planned: Policy[], answered: Json[]): Policy[] {
  const available = answered.map(answeredPolicy);
  return planned.map((policy) => {
    const index = available.findIndex((candidate) => identity(candidate) === identity(policy));
    if (index === -1) return policy;
    const [match] = available.splice(index, 1);
    return { ...policy, resources: match?.resources ?? policy.resources };
  });
}

/** After a read: the API's policies, in the order of the state where they are in it, else sorted. */
export function readPolicies(before: Policy[] | undefined, answered: Json[]): Policy[] {
  const known = new Map((before ?? []).map((policy, index) => [fingerprint(policy), { policy, index }]));
  const place = (policy: Policy) => known.get(fingerprint(policy))?.index ?? known.size;
  const canonical = (a: Policy, b: Policy) =>
    compare(a.effect, b.effect) || compare(a.resources, b.resources);
  return answered
    .map(answeredPolicy)
    .sort((a, b) => place(a) - place(b) || canonical(a, b))
    .map((policy) => {
      const match = known.get(fingerprint(policy))?.policy;
      const sorted = policy.permissionGroups.sort((a, b) => compare(a.id, b.id));
      return { ...policy, permissionGroups: match?.permissionGroups ?? sorted };
    });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
