/** An emulated Cloudflare: the state behind one API, and what emulated connectors and the edge ask of it. */
import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { noteSecret, SecretKind } from "../canaries/secrets.ts";
import type { Store } from "../store.ts";
import { Accounts } from "./accounts.ts";
import { Analytics } from "./analytics/analytics.ts";
import { createApi, type Intercept } from "./api.ts";
import { type Bucket, Buckets } from "./buckets.ts";
import { CallLog } from "./callLog.ts";
import { Connectors } from "./connectors.ts";
import { ObjectBytes } from "./objectBytes.ts";
import { Objects } from "./objects.ts";
import { type PermissionGroup, permissionGroupByName, Scope } from "./permissionGroups.ts";
import { type RateLimit, RateLimiter } from "./rateLimit.ts";
import { type DnsRecord, Records } from "./records.ts";
import { createS3App, s3Target } from "./s3.ts";
import { accountKey, type PolicyInput } from "./tokenPolicy.ts";
import { type Token, Tokens } from "./tokens.ts";
import { type Tunnel, Tunnels } from "./tunnels.ts";
import { type Plan, Zones } from "./zones.ts";

/** What the HTTP server passes along; nothing when the app is called without one. */
export interface ServerEnvironment {
  Bindings: Partial<HttpBindings>;
}

export interface CloudflareOptions {
  store: Store;
  /** Default: the real clock. */
  now?: () => Date;
  /** Default: none. Cloudflare's: 1,200 requests in 300 seconds. */
  rateLimit?: RateLimit;
  /** Folder for the bytes of objects. Default: they are kept in memory. */
  objectsFolder?: string;
  /** Records a zone may have. Default: what its plan allows. */
  recordQuota?: number;
  /** Tokens an account may have. Default 500. */
  tokenQuota?: number;
  /** How long a dropped connection still counts as one; minutes at Cloudflare. Default 0. */
  connectionLingerMilliseconds?: number;
  /** Answers in the API's place; default: never. */
  intercept?: Intercept;
}

const TOKEN_QUOTA = 500;

/** What the token that deploys tenants holds: on the account, and on all of its zones. */
export const DEPLOY_PERMISSIONS = [
  "Cloudflare Tunnel Write",
  "Workers R2 Storage Write",
  "Account API Tokens Write",
  "DNS Write",
  "Account Analytics Read",
  "Analytics Read",
] as const;

const DEPLOY_TOKEN_NAME = "deploy";

/** What is at Cloudflare, in all accounts and zones. */
export interface CloudflareInventory {
  tunnels: Tunnel[];
  records: DnsRecord[];
  buckets: Bucket[];
  tokens: Token[];
}

export class Cloudflare {
  /** Serves `/client/v4/**`, and the S3 side under `/r2/**` and by host. */
  readonly api: Hono<ServerEnvironment>;
  readonly s3App: Hono;
  readonly tunnels: Tunnels;
  readonly records: Records;
  readonly buckets: Buckets;
  readonly objects: Objects;
  readonly tokens: Tokens;
  readonly zones: Zones;
  readonly accounts: Accounts;
  readonly calls: CallLog;
  /** What was stored and requested, for the GraphQL Analytics API. */
  readonly analytics: Analytics;

  constructor(options: CloudflareOptions) {
    const { store } = options;
    const now = options.now ?? (() => new Date());
    this.calls = new CallLog(store);
    this.analytics = new Analytics(store, now);
    this.accounts = new Accounts(store, now);
    this.zones = new Zones(store, now);
    this.tokens = new Tokens(store, this.zones, { now, quota: options.tokenQuota ?? TOKEN_QUOTA });
    const connectors = new Connectors(store, {
      now,
      lingerMilliseconds: options.connectionLingerMilliseconds ?? 0,
    });
    this.tunnels = new Tunnels(store, connectors, now);
    this.records = new Records(store, this.zones, { now, quota: options.recordQuota });
    this.objects = new Objects(store, new ObjectBytes(options.objectsFolder), now);
    this.buckets = new Buckets(store, { now, isEmpty: (bucket) => this.objects.isEmpty(bucket) });
    const limiter = options.rateLimit && new RateLimiter(options.rateLimit, now);
    const v4 = createApi({ ...this.#parts(), now, limiter, intercept: options.intercept });
    this.s3App = createS3App({ ...this.#parts(), now });
    this.api = new Hono<ServerEnvironment>();
    this.api.use("*", async (c, next) => {
      if (s3Target(c.req.raw) === undefined) return next();
      return this.s3App.fetch(c.req.raw, c.env);
    });
    this.api.all("*", (c) => v4.fetch(c.req.raw, c.env));
  }

  ensureAccount(account: { id: string; name: string }): void {
    this.accounts.ensure(account);
  }

  /** Default plan: free. */
  ensureZone(zone: { id: string; name: string; accountId: string; plan?: Plan }): void {
    this.zones.ensure(zone);
  }

  /**
   * Makes the deploying token with `DEPLOY_PERMISSIONS`, or gives the one that is there a new value; returns the
   * value. `extraPermissions` are names of further groups.
   */
  mintDeployToken(accountId: string, extraPermissions: readonly string[] = []): string {
    if (this.accounts.get(accountId) === undefined) throw new Error(`no account ${accountId}`);
    const groups = [...DEPLOY_PERMISSIONS, ...extraPermissions].map(permissionGroupByName);
    const input = { name: DEPLOY_TOKEN_NAME, policies: policiesFor(accountId, groups) };
    const known = this.tokens.list(accountId).find(({ name }) => name === DEPLOY_TOKEN_NAME);
    if (known !== undefined) this.tokens.replace(accountId, known.id, input);
    const value =
      known === undefined
        ? this.tokens.create(accountId, input).value
        : this.tokens.roll(accountId, known.id);
    noteSecret(SecretKind.DeployToken, value);
    return value;
  }

  /** Everything that somebody made and nobody removed; not the token that deploys. */
  inventory(): CloudflareInventory {
    const accounts = this.accounts.list();
    return {
      tunnels: this.tunnels.list().filter(({ deletedAt }) => deletedAt === undefined),
      records: this.zones.list().flatMap(({ id }) => this.records.list(id)),
      buckets: accounts.flatMap(({ id }) => this.buckets.list(id)),
      tokens: accounts
        .flatMap(({ id }) => this.tokens.list(id))
        .filter(({ name }) => name !== DEPLOY_TOKEN_NAME),
    };
  }

  #parts() {
    const { accounts, zones, tokens, tunnels, records, buckets, objects, analytics, calls } = this;
    return { accounts, zones, tokens, tunnels, records, buckets, objects, analytics, calls };
  }
}

/** One policy for the account, one for all of its zones. */
function policiesFor(accountId: string, groups: readonly PermissionGroup[]): PolicyInput[] {
  const ids = (scope: Scope) =>
    groups.filter((group) => group.scopes.includes(scope)).map((group) => ({ id: group.id }));
  const key = accountKey(accountId);
  const policies: PolicyInput[] = [
    { effect: "allow", permission_groups: ids(Scope.account), resources: { [key]: "*" } },
    {
      effect: "allow",
      permission_groups: ids(Scope.zone),
      resources: { [key]: { [`${Scope.zone}.*`]: "*" } },
    },
  ];
  return policies.filter((policy) => policy.permission_groups.length > 0);
}
