import { AccountToken } from "@pulumi/cloudflare/accountToken.js";
import { R2Bucket } from "@pulumi/cloudflare/r2bucket.js";
import { R2BucketLifecycle } from "@pulumi/cloudflare/r2bucketLifecycle.js";
import {
  all,
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
  output,
  secret,
} from "@pulumi/pulumi";
import type { BucketJurisdiction } from "../bucket/choices.ts";
import { type S3Credentials, s3Endpoint, secretAccessKey } from "../bucket/credentials.ts";
import { DEFAULT_BUCKET, FIRST_KEY_GENERATIONS } from "../bucket/defaults.ts";
import { r2LifecycleRules } from "../bucket/lifecycle.ts";
import { bucketTokenPolicy } from "../bucket/tokenPolicy.ts";
import { bucketTokenName } from "../naming/names.ts";
import { refuseProblems } from "./argumentProblems.ts";
import type { BucketSettings } from "./bucketSettings.ts";
import { creationHooks } from "./creationHooks.ts";
import { deletionHooks, makeKnown } from "./deletionHooks.ts";
import { derived } from "./derived.ts";
import { readHostReport } from "./hostReports.ts";
import { splitKeyUrn } from "./keyRevocation.ts";
import { Parts } from "./parts.ts";

export interface TenantBucketArgs extends BucketSettings {
  /** Cloudflare account that owns the bucket; R2 must have been enabled on it once, by hand. */
  accountId: Input<string>;
  /** 3 to 63 lower-case letters, digits and hyphens, unique in account and jurisdiction. A change replaces the bucket. */
  bucketName: string;
  /**
   * SSM parameters that the hosts with this bucket's key report to: a generation that one of them is seen to run with
   * is not dropped. Default: none.
   */
  hostReportParameters?: string[] | undefined;
}

/** The inner resources of `TenantBucket`. */
export interface TenantBucketNodes {
  bucket: R2Bucket;
  /** The one whose credentials are given out; undefined when there is none. */
  token: AccountToken | undefined;
  /** By generation. */
  tokens: ReadonlyMap<number, AccountToken>;
  lifecycle: R2BucketLifecycle | undefined;
}

function generationProblems(generations: readonly number[]): string[] {
  const problems: string[] = [];
  const wrong = generations.filter((generation) => !Number.isInteger(generation) || generation < 1);
  if (wrong.length > 0)
    problems.push(`keyGenerations: ${wrong.join(", ")} is not a whole number of at least 1`);
  const repeated = new Set(generations.filter((value, index) => generations.indexOf(value) !== index));
  if (repeated.size > 0) problems.push(`keyGenerations: ${[...repeated].join(", ")} is there twice`);
  return problems;
}

/**
 * An R2 bucket and account tokens that open this bucket and nothing else, one per generation of its key; the current one
 * is given out as S3 credentials.
 *
 * To rotate the key, add a generation, wait until the hosts report it, and drop the older one. Give it the option
 * `protect` to make the engine refuse to delete the bucket. Cloudflare itself refuses to delete a bucket with objects
 * in it. A new token may take up to a minute before R2 accepts it.
 */
export class TenantBucket extends ComponentResource {
  static readonly #parts = new Parts<TenantBucket, TenantBucketNodes>();

  readonly bucketName: Output<string>;
  /** S3 endpoint of the account and jurisdiction. */
  readonly endpoint: Output<string>;
  /** S3 credentials. Secret. Undefined for a bucket without a key. */
  readonly credentials: Output<S3Credentials> | undefined;

  constructor(name: string, args: TenantBucketArgs, opts?: ComponentResourceOptions) {
    const { keyGenerations = FIRST_KEY_GENERATIONS } = args;
    refuseProblems("TenantBucket", name, generationProblems(keyGenerations));
    // `protect` is meant for the bucket: a protected token could not be replaced.
    const { protect = false, ...componentOptions } = opts ?? {};
    super("tenant-edge:index:TenantBucket", name, {}, componentOptions);
    const { jurisdiction = DEFAULT_BUCKET.jurisdiction } = args;

    const bucket = this.#createBucket(name, args, jurisdiction, protect);
    const lifecycle = this.#createLifecycle(name, args, jurisdiction, bucket);
    const tokens = new Map(
      keyGenerations.map((generation) => [
        generation,
        this.#createToken(name, args, jurisdiction, bucket, generation),
      ]),
    );
    const keyGeneration = keyGenerations.at(-1);
    const token = keyGeneration === undefined ? undefined : tokens.get(keyGeneration);
    if (token !== undefined) this.#makeKeysKnown(name, args, keyGenerations, token);
    for (const resource of [bucket, ...tokens.values()]) makeKnown(resource);

    TenantBucket.#parts.set(this, { bucket, token, tokens, lifecycle });
    this.bucketName = bucket.name;
    this.endpoint = output(args.accountId).apply((accountId) => s3Endpoint(accountId, jurisdiction));
    this.credentials =
      token === undefined || keyGeneration === undefined
        ? undefined
        : this.#deriveCredentials(token, keyGeneration);
    this.registerOutputs({
      bucketName: this.bucketName,
      endpoint: this.endpoint,
      credentials: this.credentials,
    });
  }

  get nodes(): TenantBucketNodes {
    return TenantBucket.#parts.get(this);
  }

  #createBucket(
    name: string,
    args: TenantBucketArgs,
    jurisdiction: BucketJurisdiction,
    protect: boolean,
  ): R2Bucket {
    return new R2Bucket(
      `${name}-bucket`,
      {
        accountId: args.accountId,
        name: args.bucketName,
        location: args.location ?? DEFAULT_BUCKET.location,
        jurisdiction,
        storageClass: args.storageClass ?? DEFAULT_BUCKET.storageClass,
      },
      {
        parent: this,
        protect,
        deleteBeforeReplace: true,
        // A hint that counts at creation only and that Cloudflare gives back in capitals.
        ignoreChanges: ["location"],
        // Cloudflare cannot change it, and the provider would try to: let the plan say what it would take.
        replaceOnChanges: ["jurisdiction"],
        hooks: {
          beforeCreate: [creationHooks().begun],
          beforeDelete: [deletionHooks().guard],
          onError: [creationHooks().failed],
        },
      },
    );
  }

  #createLifecycle(name: string, args: TenantBucketArgs, jurisdiction: BucketJurisdiction, bucket: R2Bucket) {
    if (args.lifecycleRules === undefined) return undefined;
    return new R2BucketLifecycle(
      `${name}-lifecycle`,
      {
        accountId: args.accountId,
        bucketName: bucket.name,
        jurisdiction,
        rules: r2LifecycleRules(args.lifecycleRules),
      },
      // Cloudflare has no call to delete the document of rules: it goes with its bucket.
      { parent: this, deletedWith: bucket, hooks: { onError: [creationHooks().failed] } },
    );
  }

  #createToken(
    name: string,
    args: TenantBucketArgs,
    jurisdiction: BucketJurisdiction,
    bucket: R2Bucket,
    generation: number,
  ): AccountToken {
    const { accountId, access = DEFAULT_BUCKET.access } = args;
    const { begun, minted, failed } = creationHooks();
    return new AccountToken(
      `${name}-key-${generation}`,
      {
        accountId,
        name: bucketTokenName(args.bucketName, generation),
        policies: [
          derived(all([accountId, bucket.name]), ([account, bucketName]) =>
            bucketTokenPolicy({ accountId: account, jurisdiction, name: bucketName }, access),
          ),
        ],
      },
      {
        parent: this,
        additionalSecretOutputs: ["value"],
        hooks: {
          beforeCreate: [begun],
          afterCreate: [minted],
          onError: [failed],
          beforeDelete: [deletionHooks().guard, deletionHooks().key],
        },
      },
    );
  }

  #makeKeysKnown(
    name: string,
    { hostReportParameters = [] }: TenantBucketArgs,
    generations: readonly number[],
    token: AccountToken,
  ): void {
    const { keys } = deletionHooks();
    const readReport = (parameter: string) => readHostReport(parameter, this);
    token.urn.apply((urn) =>
      keys.set(splitKeyUrn(urn).bucket, {
        name,
        generations,
        reportParameters: hostReportParameters,
        readReport,
      }),
    );
  }

  #deriveCredentials(token: AccountToken, keyGeneration: number): Output<S3Credentials> {
    return secret(
      derived(
        all([this.endpoint, this.bucketName, token.id, token.value]),
        ([endpoint, bucketName, id, value]) => ({
          endpoint,
          bucketName,
          region: "auto",
          accessKeyId: id,
          secretAccessKey: secretAccessKey(value),
          keyGeneration,
        }),
      ),
    );
  }
}
