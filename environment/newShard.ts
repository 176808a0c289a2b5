/** The settings of a further stack of an environment, from those of the stacks that are there. Pure functions. */
import { NAMESPACE, type Problem, show } from "../config/problems.ts";
import { nextName } from "./newShardName.ts";
import {
  accountOf,
  accountPart,
  type Fields,
  isFields,
  REGION,
  regionOf,
  regionPart,
  without,
} from "./newShardParts.ts";

export interface NewShardRequest {
  /** Default: the next free number in the series of the stack that it is like. */
  name?: string | undefined;
  /** Stack whose settings it gets. Default: the last one of its region and account. */
  like?: string | undefined;
  /** Default: that of the stack that it is like. */
  region?: string | undefined;
  /** What hosts begin with. Required in a region that the environment is not in yet: images belong to a region. */
  imageId?: string | undefined;
  /** Of a network of its own, in a new region. Default: zones a and b. */
  availabilityZones?: readonly string[] | undefined;
  /** Key of the parameters. Required in a new region when the stack that it is like has one. */
  kmsKeyArn?: string | undefined;
  /** Cloudflare account. Default: that of the stack that it is like. A new one needs `zoneId` and `zoneName`. */
  accountId?: string | undefined;
  zoneId?: string | undefined;
  zoneName?: string | undefined;
}

/** A stack of the environment, as its file has it. */
export interface PresentShard {
  stack: string;
  /** The file's `config`. */
  config: Readonly<Record<string, unknown>>;
  /** True for a value that only the stack's secrets provider can read. */
  isEncrypted(key: string): boolean;
}

export interface NewShard {
  name: string;
  like: PresentShard;
  region: string;
  account: string;
  /** Values by their whole key; encrypted ones as they are in the file of `like`. */
  config: Record<string, unknown>;
  /** Keys of `config` that are encrypted. */
  secrets: string[];
  /** Keys that were left out, as they belong to another account. */
  left: string[];
  /** Stack in whose network its hosts are to live; undefined for one of its own. */
  networkOf: string | undefined;
  /** Whether all but names, network and tenants is as in `like`: what its comments say is true here, too. */
  isAlike: boolean;
  /** What is wrong with the request; then values of `like` stand in the place of those that are missing. */
  problems: Problem[];
}

/** They open one account. */
const OF_ACCOUNT = /^cloudflare:(?:api(?:Token|Key|UserServiceKey)|email)$/;
/** What the program refuses in clear. */
const CREDENTIAL = /^(?:cloudflare:api(?:Token|Key|UserServiceKey)|aws:(?:secretKey|token))$/;

/** The first that fits the better: region and account, then account, then region, then any; the last stack of these. */
function likeBest(shards: readonly PresentShard[], request: NewShardRequest): PresentShard | undefined {
  const { region, accountId } = request;
  const inRegion = (shard: PresentShard) => region === undefined || regionOf(shard) === region;
  const inAccount = (shard: PresentShard) => accountId === undefined || accountOf(shard) === accountId;
  return (
    shards.findLast((shard) => inRegion(shard) && inAccount(shard)) ??
    shards.findLast(inAccount) ??
    shards.findLast(inRegion) ??
    shards.at(-1)
  );
}

const isNothing = (value: unknown) =>
  value === undefined || (isFields(value) && Object.keys(value).length === 0);

function changed(config: Fields, settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const all = { ...config };
  for (const [key, value] of Object.entries(settings)) {
    if (isNothing(value)) delete all[`${NAMESPACE}${key}`];
    else all[`${NAMESPACE}${key}`] = value;
  }
  return all;
}

/**
 * @param shards stacks of the environment, in their order; there is at least one. @param taken names of further stacks.
 */
export function newShard(
  request: NewShardRequest,
  shards: readonly PresentShard[],
  taken: readonly string[],
): NewShard {
  const named = shards.find(({ stack }) => stack === request.like);
  const like = named ?? likeBest(shards, request);
  if (like === undefined) throw new Error("an environment has a stack");
  const region = request.region ?? regionOf(like);
  const there = regionOf(like) === region ? like : shards.findLast((shard) => regionOf(shard) === region);
  const { networkOf, ...regional } = regionPart(request, like, there, shards);
  const accountal = accountPart(request, like);
  const account = request.accountId ?? accountOf(like);
  const keys = Object.keys(like.config);
  const left = account === accountOf(like) ? [] : keys.filter((key) => OF_ACCOUNT.test(key));
  const config = changed(
    { ...without(like.config, ...left), [REGION]: region },
    { ...regional.settings, ...accountal.settings, allow: undefined, tenants: [] },
  );
  const names = shards.map(({ stack }) => stack);
  return {
    name: request.name ?? nextName(like.stack, [...names, ...taken]),
    like,
    region,
    account,
    config,
    secrets: Object.keys(config).filter((key) => like.isEncrypted(key)),
    left,
    networkOf,
    isAlike: regionOf(like) === region && accountal.settings["cloudflare"] === undefined,
    problems: [
      ...(request.like === undefined || named !== undefined
        ? []
        : [{ path: "like (--like)", found: show(request.like), allowed: `one of ${names.join(", ")}` }]),
      ...regional.problems,
      ...accountal.problems,
      ...keys
        .filter((key) => CREDENTIAL.test(key) && !like.isEncrypted(key))
        .map((key) => ({
          path: `${key} of Pulumi.${like.stack}.yaml`,
          found: "a credential in clear",
          allowed: "an encrypted value",
          action: `pulumi config set --secret ${key} --stack ${like.stack}`,
        })),
    ],
  };
}
