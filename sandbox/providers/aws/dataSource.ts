/** What data sources that look one or several resources up have in common. */
import type { Filter } from "@aws-sdk/client-ec2";
import type { Properties } from "../resourceType.ts";
import type { AwsProviderClient } from "./client.ts";
import { toFilters } from "./functions.ts";
import type { KeyValue } from "./tags.ts";

/** Filters for the arguments that are given; `args` are their values by EC2's filter name. */
export function argumentFilters(args: Record<string, unknown>): Filter[] {
  return Object.entries(args).flatMap(([Name, value]) =>
    typeof value === "string" && value !== "" ? [{ Name, Values: [value] }] : [],
  );
}

/** Filters for the `tags` that a resource must have. */
export function tagFilters(tags: Properties | undefined): Filter[] {
  return Object.entries(tags ?? {}).map(([key, value]) => ({ Name: `tag:${key}`, Values: [String(value)] }));
}

/** Filters of a data source that lists: those of `vpcId`, `tags` and `filters`, as far as it has them. */
export function listFilters(args: Properties): Filter[] {
  return [...argumentFilters({ "vpc-id": args.vpcId }), ...tagFilters(args.tags), ...toFilters(args.filters)];
}

/** Outputs of a data source that lists. It finds nothing without an error. */
export function listOutputs(
  client: AwsProviderClient,
  args: Properties,
  ids: readonly (string | undefined)[],
): Properties {
  return { ...args, id: client.region, ids, region: client.region, tags: args.tags ?? {} };
}

export function tagMap(tags: readonly KeyValue[] | undefined): Record<string, string> {
  return Object.fromEntries((tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));
}

/** The only one of what was found, or the real provider's refusal. @param type "EC2 VPC" */
export function single<T>(type: string, found: readonly T[]): T {
  const [first, ...rest] = found;
  if (first === undefined) throw new Error(`no matching ${type} found`);
  if (rest.length > 0) {
    throw new Error(
      `multiple ${type}s matched; use additional constraints to reduce matches to a single ${type}`,
    );
  }
  return first;
}
