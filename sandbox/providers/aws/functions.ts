/** Data sources about where and as whom the program runs. */
import type { FunctionType } from "../resourceType.ts";
import { call } from "./call.ts";
import type { AwsProviderClient } from "./client.ts";

/** Names of regions as AWS writes them in `description`. */
const REGION_NAMES: Record<string, string> = {
  "eu-central-1": "Europe (Frankfurt)",
  "eu-north-1": "Europe (Stockholm)",
  "eu-west-1": "Europe (Ireland)",
  "eu-west-2": "Europe (London)",
  "eu-west-3": "Europe (Paris)",
  "us-east-1": "US East (N. Virginia)",
  "us-east-2": "US East (Ohio)",
  "us-west-2": "US West (Oregon)",
};

interface FilterArgument {
  name: string;
  values: string[];
}

/** Filters of a data source in EC2's form. */
export function toFilters(filters: unknown): { Name: string; Values: string[] }[] {
  const list: FilterArgument[] = Array.isArray(filters) ? filters : [];
  return list.map(({ name, values }) => ({ Name: name, Values: values }));
}

export const getAvailabilityZonesFunction: FunctionType<AwsProviderClient> = {
  token: "aws:index/getAvailabilityZones:getAvailabilityZones",
  async invoke(client, args) {
    const state = args.state === undefined ? [] : [{ Name: "state", Values: [args.state] }];
    const Filters = [...state, ...toFilters(args.filters)];
    const { AvailabilityZones = [] } = await call(
      client,
      "reading EC2 Availability Zones",
      "ec2:DescribeAvailabilityZones",
      { Filters },
    );
    const zones = AvailabilityZones.filter(
      (zone) =>
        args.excludeNames?.includes(zone.ZoneName) !== true &&
        args.excludeZoneIds?.includes(zone.ZoneId) !== true,
    );
    zones.sort((one, other) => ((one.ZoneName ?? "") < (other.ZoneName ?? "") ? -1 : 1));
    return {
      ...args,
      groupNames: [...new Set(zones.map((zone) => zone.GroupName))],
      id: client.region,
      names: zones.map((zone) => zone.ZoneName),
      region: client.region,
      zoneIds: zones.map((zone) => zone.ZoneId),
    };
  },
};

export const getCallerIdentityFunction: FunctionType<AwsProviderClient> = {
  token: "aws:index/getCallerIdentity:getCallerIdentity",
  async invoke(client) {
    const identity = await call(client, "reading STS Caller Identity", "sts:GetCallerIdentity", {});
    return {
      accountId: identity.Account,
      arn: identity.Arn,
      id: identity.Account,
      userId: identity.UserId,
    };
  },
};

export const getRegionFunction: FunctionType<AwsProviderClient> = {
  token: "aws:index/getRegion:getRegion",
  async invoke(client, args) {
    const region: string = args.region ?? args.name ?? client.region;
    return {
      description: REGION_NAMES[region] ?? region,
      endpoint: `ec2.${region}.amazonaws.com`,
      id: region,
      name: region,
      region,
    };
  },
};

export const getPartitionFunction: FunctionType<AwsProviderClient> = {
  token: "aws:index/getPartition:getPartition",
  async invoke() {
    return { dnsSuffix: "amazonaws.com", id: "aws", partition: "aws", reverseDnsPrefix: "com.amazonaws" };
  },
};

export const getParameterFunction: FunctionType<AwsProviderClient> = {
  token: "aws:ssm/getParameter:getParameter",
  async invoke(client, args) {
    const name: string = args.name;
    const withDecryption: boolean = args.withDecryption ?? true;
    const { Parameter } = await call(client, `reading SSM Parameter (${name})`, "ssm:GetParameter", {
      Name: name,
      WithDecryption: withDecryption,
    });
    return {
      arn: Parameter?.ARN,
      id: name,
      insecureValue: Parameter?.Type === "SecureString" ? "" : Parameter?.Value,
      name,
      region: client.region,
      type: Parameter?.Type,
      value: Parameter?.Value,
      version: Parameter?.Version,
      withDecryption,
    };
  },
};
