/** Looks for leftovers of a creation that failed, with the credentials that the providers have. */
import { type ErrorHookArgs, Output, type ResourceHookArgs, runtime } from "@pulumi/pulumi";
import { cloudflareLimit, cloudflareSettings } from "../clients/cloudflare.ts";
import type { Clouds, Finding } from "../leftovers/finding.ts";
import { kept } from "../leftovers/finding.ts";
import type { TokenListing } from "../leftovers/key.ts";
import { SharedListing } from "../leftovers/sharedListing.ts";
import { tenantNames } from "../naming/names.ts";
import { OrphanKind } from "../operations/choices.ts";
import type { KnownRecords } from "./knownRecords.ts";

/** Milliseconds. The provider asks again after a second and a half at the earliest. */
const SHORTEST_REPETITION = 1_400;

/** One process may run programs of several accounts. */
const tokenListings = new Map<string, SharedListing<TokenListing>>();

type Inputs = Record<string, unknown>;

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** Hooks are given secrets as outputs. */
async function plain(value: unknown): Promise<unknown> {
  if (!Output.isInstance(value)) return value;
  return await new Promise((resolve) => {
    value.apply(resolve);
  });
}

/** Whether a creation may have made one that the engine does not know, though its name is free. */
export function mayBeThereTwice(kind: OrphanKind): boolean {
  return kind === OrphanKind.Instance || kind === OrphanKind.SecurityGroup;
}

async function openClouds(): Promise<Clouds & { close(): Promise<void> }> {
  const [{ AwsClients }, { CloudflareApi }, { sharedBudget }] = await Promise.all([
    import("../clients/awsClients.ts"),
    import("../clients/cloudflareApi.ts"),
    import("../clients/sharedBudget.ts"),
  ]);
  const settings = cloudflareSettings();
  const region = runtime.getConfig("aws:region") ?? process.env["AWS_REGION"] ?? "";
  const aws = new AwsClients(region, process.env, runtime.getConfig("aws:profile"));
  const cloudflare = new CloudflareApi(
    settings,
    sharedBudget(settings.apiToken, cloudflareLimit(), process.env),
  );
  return { aws, cloudflare, close: () => aws.close() };
}

/**
 * Whether the program makes up this very name for the tenant. Never where there is no stack file to tell the environment: the
 * name may have been chosen then.
 *
 * @param resource its name in the program: the tenant's id, and `-bucket`.
 */
export function isMadeUpBucket(bucketName: string, resource: string): boolean {
  const environment = runtime.getConfig("tenant-edge:environment");
  const tenant = resource.slice(0, resource.lastIndexOf("-"));
  return environment !== undefined && tenantNames(environment, tenant).bucket === bucketName;
}

/** @param elapsed since the creation began, in milliseconds. @throws what the clouds' clients throw. */
export async function settleLeftover(
  kind: OrphanKind,
  { name, newInputs = {} }: Pick<ErrorHookArgs, "name" | "newInputs">,
  records: KnownRecords,
  elapsed: number,
): Promise<Finding> {
  const inputs: Inputs = newInputs;
  const clouds = await openClouds();
  try {
    switch (kind) {
      case OrphanKind.Tunnel: {
        const { settleTunnel } = await import("../leftovers/tunnel.ts");
        const secret = text(await plain(inputs["tunnelSecret"]));
        return await settleTunnel(clouds, {
          accountId: text(inputs["accountId"]),
          name: text(inputs["name"]),
          secret,
        });
      }
      case OrphanKind.Record:
        return await settleRecordOf(clouds, name, inputs, records);
      case OrphanKind.Bucket: {
        const { settleBucket } = await import("../leftovers/bucket.ts");
        const bucketName = text(inputs["name"]);
        return await settleBucket(clouds, {
          accountId: text(inputs["accountId"]),
          name: bucketName,
          jurisdiction: text(inputs["jurisdiction"]) || "default",
          isOurName: isMadeUpBucket(bucketName, name),
          elapsed: elapsed / 1000,
        });
      }
      default:
        return await settleAtAws(kind, clouds, inputs, elapsed);
    }
  } finally {
    await clouds.close();
  }
}

async function settleRecordOf(
  clouds: Clouds,
  name: string,
  inputs: Inputs,
  records: KnownRecords,
): Promise<Finding> {
  const others = await records.others(name);
  if (others === undefined) return kept("another record of this tenant is not settled yet");
  const { settleRecord } = await import("../leftovers/record.ts");
  const wanted = {
    zoneId: text(inputs["zoneId"]),
    accountId: records.accountOf(name),
    name: text(inputs["name"]),
    content: text(inputs["content"]),
    comment: text(inputs["comment"]),
  };
  return await settleRecord(clouds, wanted, (id) => others.has(id));
}

/** Undefined where there is no stack file to tell it. */
function stackAccountId(): string | undefined {
  const settings = runtime.getConfig("tenant-edge:cloudflare");
  return settings === undefined ? undefined : (JSON.parse(settings) as { accountId?: string }).accountId;
}

async function settleAtAws(
  kind: OrphanKind,
  clouds: Clouds,
  inputs: Inputs,
  elapsed: number,
): Promise<Finding> {
  const named = await import("../leftovers/named.ts");
  const unnamed = await import("../leftovers/unnamed.ts");
  const tags = (inputs["tags"] ?? {}) as Record<string, string>;
  const thing = { name: text(inputs["name"]), tags, accountId: stackAccountId() };
  switch (kind) {
    case OrphanKind.Parameter:
      return await named.settleParameter(clouds, thing);
    case OrphanKind.Role:
      return await named.settleRole(clouds, thing);
    case OrphanKind.InstanceProfile:
      return await named.settleInstanceProfile(clouds, thing);
    case OrphanKind.SecurityGroup:
      return await unnamed.settleSecurityGroups(clouds, tags);
    case OrphanKind.Instance:
      return await unnamed.settleInstances(clouds, tags, elapsed);
    default:
      throw new Error(`nothing is known about things of the kind ${kind}`);
  }
}

/**
 * Revokes tokens that the same creation has minted besides. A creation that was too short for a second attempt has not.
 *
 * @param id of the token that is meant to stay; undefined for none. @param elapsed since the creation began.
 * @returns how many there were.
 */
export async function revokeKeyTwins(
  { newInputs = {}, newOutputs = {} }: Pick<ResourceHookArgs, "newInputs" | "newOutputs">,
  id: string | undefined,
  elapsed: number,
): Promise<number> {
  if (elapsed < SHORTEST_REPETITION) return 0;
  const answered = performance.now();
  const clouds = await openClouds();
  try {
    const { listTokens, revokeTwins } = await import("../leftovers/key.ts");
    const policies = (newInputs["policies"] ?? []) as { resources?: unknown }[];
    const accountId = text(newInputs["accountId"]);
    const minted = {
      id,
      accountId,
      name: text(newInputs["name"]),
      resources: policies.map(({ resources }) => text(resources)),
    };
    const listing = await listingOf(accountId).get(() => listTokens(clouds, accountId));
    const issuedOn = text(newOutputs["issuedOn"]) || undefined;
    return await revokeTwins(clouds, minted, listing, { began: answered - elapsed, answered, issuedOn });
  } finally {
    await clouds.close();
  }
}

/** What all wait for whose keys took too long: each would list all tokens of the account. */
function listingOf(accountId: string): SharedListing<TokenListing> {
  const key = JSON.stringify([accountId, cloudflareSettings()]);
  const listing = tokenListings.get(key) ?? new SharedListing();
  tokenListings.set(key, listing);
  return listing;
}
