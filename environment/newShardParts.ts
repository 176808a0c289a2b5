/** What of a further stack's settings belongs to its region, and what to its Cloudflare account. Pure functions. */
import { decodeValue } from "../config/decodeValue.ts";
import { NAMESPACE, type Problem, show } from "../config/problems.ts";
import type { NewShardRequest, PresentShard } from "./newShard.ts";

export const REGION = "aws:region";

export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A setting of ours that has fields; none when it is anything else. A whole one may have been set in JSON. */
function fieldsOf({ config }: PresentShard, key: string): Fields {
  const value = config[`${NAMESPACE}${key}`];
  const decoded = typeof value === "string" ? decodeValue(value) : value;
  return isFields(decoded) ? decoded : {};
}

export const regionOf = ({ config }: PresentShard) => String(config[REGION] ?? "");
export const accountOf = (shard: PresentShard) => String(fieldsOf(shard, "cloudflare")["accountId"] ?? "");

export function without(fields: Fields, ...keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => !keys.includes(key)));
}

function missing(path: string, allowed: string, action: string): Problem {
  return { path, found: show(undefined), allowed, action };
}

interface Part {
  /** By key without `tenant-edge:`; undefined takes a setting away. */
  settings: Record<string, unknown>;
  problems: Problem[];
}

/** What belongs to a region: image, network and key. @param there a stack that is in it. */
export function regionPart(
  request: NewShardRequest,
  like: PresentShard,
  there: PresentShard | undefined,
  shards: readonly PresentShard[],
): Part & { networkOf: string | undefined } {
  const hostDefaults = fieldsOf(like, "hostDefaults");
  const imageId = request.imageId ?? (there && fieldsOf(there, "hostDefaults")["imageId"]);
  const isKeyed = like.config[`${NAMESPACE}kmsKeyArn`] !== undefined;
  const kmsKeyArn = request.kmsKeyArn ?? there?.config[`${NAMESPACE}kmsKeyArn`];
  const network = there && fieldsOf(there, "network");
  const borrowed = network?.["stack"];
  const networkOf = typeof borrowed === "string" ? borrowed : there?.stack;
  const named = fieldsOf(like, "network")["stack"];
  const owner = shards.find(({ stack }) => stack === named) ?? like;
  const { natGateways, endpoints } = fieldsOf(owner, "network");
  const { availabilityZones } = request;
  const isNew = there === undefined;
  const problems = [
    ...(isNew && imageId === undefined && hostDefaults["imageId"] !== undefined
      ? [
          missing(
            "imageId (--image)",
            "an image of that region, ami-…: no stack of the environment is there yet",
            "`npm run images -- <region>` prints the newest",
          ),
        ]
      : []),
    ...(isNew && isKeyed && kmsKeyArn === undefined
      ? [
          missing(
            "kmsKeyArn (--kms-key)",
            `the ARN of a key of that region: parameters of ${like.stack} have one, and are encrypted in their own region`,
            "make one there",
          ),
        ]
      : []),
    ...(!isNew && availabilityZones !== undefined
      ? [
          {
            path: "availabilityZones (--zones)",
            found: show(availabilityZones),
            allowed: `nothing: hosts live in the network of ${networkOf}`,
            action: "leave it out",
          },
        ]
      : []),
  ];
  const own = Object.entries({ availabilityZones, natGateways, endpoints }).filter(
    ([, value]) => value !== undefined,
  );
  return {
    networkOf,
    problems,
    settings: {
      hostDefaults: imageId === undefined ? hostDefaults : { ...hostDefaults, imageId },
      kmsKeyArn,
      network: isNew ? Object.fromEntries(own) : borrowed === networkOf ? network : { stack: networkOf },
    },
  };
}

/** What belongs to a Cloudflare account, or to a zone of it. */
export function accountPart(request: NewShardRequest, like: PresentShard): Part {
  const { accountId = accountOf(like), zoneId, zoneName } = request;
  const cloudflare = fieldsOf(like, "cloudflare");
  const isOther = accountId !== accountOf(like);
  if (!isOther && zoneId === undefined && zoneName === undefined) return { settings: {}, problems: [] };
  const action = "give --zone and --zone-name together; for another account, --account with them";
  const whose = isOther ? "that account: a tunnel's hostname resolves in its own alone" : "the account";
  const problems = [
    ...(zoneId === undefined ? [missing("zoneId (--zone)", `id of a zone of ${whose}`, action)] : []),
    ...(zoneName === undefined ? [missing("zoneName (--zone-name)", "name of that zone", action)] : []),
  ];
  const limits = fieldsOf(like, "limits");
  return {
    problems,
    settings: {
      cloudflare: {
        ...without(cloudflare, "certificateHostnames"),
        accountId,
        ...(zoneId === undefined ? {} : { zoneId }),
        ...(zoneName === undefined ? {} : { zoneName }),
      },
      limits: isOther
        ? without(limits, "tunnels", "accountTokens", "dnsRecords")
        : without(limits, "dnsRecords"),
      ...(isOther ? { cloudflareLimit: undefined } : {}),
    },
  };
}
