/** Policies of a token: which are valid, and what they let the token do. */
import { z } from "zod";
import { type ApiError, refuse } from "./apiError.ts";
import { randomHexId } from "./identifiers.ts";
import {
  groupsGranting,
  type Level,
  type PermissionGroup,
  permissionGroup,
  Scope,
} from "./permissionGroups.ts";

export const Jurisdiction = { default: "default", eu: "eu", fedramp: "fedramp", us: "us" } as const;
export type Jurisdiction = (typeof Jurisdiction)[keyof typeof Jurisdiction];

/** `"*"`, or the resources below an account. */
type Grant = string | Record<string, string>;

export interface Policy {
  id: string;
  effect: "allow" | "deny";
  permission_groups: { id: string; name: string }[];
  resources: Record<string, Grant>;
}

export const policySchema = z.object({
  effect: z.enum(["allow", "deny"]),
  permission_groups: z.array(z.object({ id: z.string() })).min(1),
  resources: z
    .record(z.string(), z.union([z.string(), z.record(z.string(), z.string())]))
    .refine((resources) => Object.keys(resources).length > 0, "must not be empty"),
});
export type PolicyInput = z.infer<typeof policySchema>;

/** What a request touches. */
export type Resource =
  | { kind: "account"; accountId: string }
  | { kind: "zone"; accountId: string; zoneId: string }
  | { kind: "bucket"; accountId: string; jurisdiction: Jurisdiction; bucket: string };

const ANY = "*";
const ANY_ZONE = `${Scope.zone}.*`;
const ANY_BUCKET = `${Scope.bucket}.*`;

export function accountKey(accountId: string): string {
  return `${Scope.account}.${accountId}`;
}

export function zoneKey(zoneId: string): string {
  return `${Scope.zone}.${zoneId}`;
}

/** How a policy names one bucket; also the way it is written in a token's resources by users. */
export function bucketKey(accountId: string, jurisdiction: Jurisdiction, bucket: string): string {
  return `${Scope.bucket}.${accountId}_${jurisdiction}_${bucket}`;
}

/** Whether the policies grant `level` of the family ("DNS") on the resource: allowed by one, denied by none. */
export function grants(
  policies: readonly Policy[],
  family: string,
  level: Level,
  resource: Resource,
): boolean {
  const names = new Set(groupsGranting(family, level));
  const matching = policies.filter(
    (policy) => policy.permission_groups.some((group) => names.has(group.name)) && covers(policy, resource),
  );
  return matching.length > 0 && matching.every((policy) => policy.effect === "allow");
}

function covers(policy: Policy, resource: Resource): boolean {
  const account = policy.resources[accountKey(resource.accountId)];
  switch (resource.kind) {
    case "account":
      return account === ANY;
    case "zone": {
      const key = zoneKey(resource.zoneId);
      return policy.resources[key] === ANY || below(account, ANY_ZONE) || below(account, key);
    }
    case "bucket": {
      const key = bucketKey(resource.accountId, resource.jurisdiction, resource.bucket);
      return policy.resources[key] === ANY || below(account, ANY_BUCKET) || below(account, key);
    }
  }
}

function below(grant: Grant | undefined, key: string): boolean {
  return typeof grant === "object" && grant[key] === ANY;
}

/** What the check of a new policy must know about its surroundings. */
export interface PolicyContext {
  accountId: string;
  zoneBelongs(zoneId: string): boolean;
  /** Whether the token that asks may hand out this group on this zone. */
  creatorHolds(group: PermissionGroup, zoneId: string): boolean;
}

/**
 * The policies as they are kept. Throws (400) on an unknown group, a resource that is not of the account, and
 * a group that none of its policy's resources can carry. Giving out a group on one single zone takes a creator
 * that holds it; on all zones, the account or a bucket it does not, as at Cloudflare.
 */
export function checkPolicies(inputs: readonly PolicyInput[], context: PolicyContext): Policy[] {
  if (inputs.length === 0) throw invalidPolicy("at least one policy is required");
  return inputs.map((input) => {
    const groups = input.permission_groups.map(({ id }) => {
      const group = permissionGroup(id);
      if (group === undefined) throw invalidPolicy(`permission group ${id} was not found`);
      return group;
    });
    const scopes = Object.entries(input.resources).flatMap(([key, grant]) =>
      resourceScopes(key, grant, groups, context),
    );
    for (const group of groups) {
      if (group.scopes.some((scope) => scopes.includes(scope))) continue;
      throw invalidPolicy(`permission group "${group.name}" cannot be applied to the policy's resources`);
    }
    return {
      id: randomHexId(),
      effect: input.effect,
      permission_groups: groups.map(({ id, name }) => ({ id, name })),
      resources: input.resources,
    };
  });
}

function resourceScopes(
  key: string,
  grant: Grant,
  groups: PermissionGroup[],
  context: PolicyContext,
): Scope[] {
  if (key === accountKey(context.accountId)) {
    if (grant === ANY) return [Scope.account];
    if (typeof grant === "string")
      throw invalidPolicy(`resource ${key} has the value ${grant}: only * is allowed`);
    return Object.entries(grant).flatMap(([inner, value]) => {
      if (inner === ANY_ZONE && value === ANY) return [Scope.zone];
      if (inner === ANY_BUCKET && value === ANY) return [Scope.bucket];
      if (inner === key) throw invalidPolicy(`resource ${key} cannot be below itself`);
      return resourceScopes(inner, value, groups, context);
    });
  }
  if (grant !== ANY) throw invalidPolicy(`resource ${key}: only * is allowed`);
  const zone = /^com\.cloudflare\.api\.account\.zone\.([0-9a-f]{32})$/.exec(key)?.[1];
  if (zone !== undefined && context.zoneBelongs(zone)) {
    const missing = groups.find((group) => !context.creatorHolds(group, zone));
    if (missing !== undefined) {
      throw refuse(
        400,
        1001,
        `Failed common permission check against resources. (Permission group: "${missing.name}")`,
      );
    }
    return [Scope.zone];
  }
  const bucket = /^com\.cloudflare\.edge\.r2\.bucket\.([0-9a-f]{32})_([a-z]+)_[a-z0-9-]{3,63}$/.exec(key);
  if (bucket?.[1] === context.accountId && Object.hasOwn(Jurisdiction, bucket[2] ?? ""))
    return [Scope.bucket];
  throw invalidPolicy(`resource ${key} is not a resource of the account`);
}

function invalidPolicy(problem: string): ApiError {
  return refuse(400, 1001, `Invalid token policy: ${problem}`);
}
