/** Lets a request through to its handler when its token may do that. */
import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context, MiddlewareHandler } from "hono";
import type { Scope } from "../../operations/contract.ts";
import type { ServiceEnv } from "../environment.ts";
import { type ProblemError, problem } from "../problems/problem.ts";
import { ServiceCode } from "../problems/problemTypes.ts";
import { type Limit, RateLimit } from "./rateLimit.ts";
import type { TokenSource } from "./tokenFile.ts";
import { findCaller } from "./tokens.ts";

export interface AccessLimits {
  /** Requests without a valid token, from one address. */
  failuresPerAddress: Limit;
  /** The same from everywhere. */
  failures: Limit;
  /** Requests of one token's name. */
  requestsPerCaller: Limit;
}

export const ACCESS_LIMITS: AccessLimits = {
  failuresPerAddress: { count: 20, windowSeconds: 60 },
  failures: { count: 1000, windowSeconds: 60 },
  requestsPerCaller: { count: 1200, windowSeconds: 60 },
};

export interface AccessOptions {
  tokens: TokenSource;
  limits: AccessLimits;
  /** How many proxies in front of the service add to X-Forwarded-For. 0: the connection's own address counts. */
  trustedProxies: number;
  now: () => Date;
}

/** Middleware that asks for all of these scopes. */
export type Allow = (scopes: readonly Scope[]) => MiddlewareHandler<ServiceEnv>;

const REALM = 'Bearer realm="tenant-edge"';
/** RFC 6750, "The OAuth 2.0 Authorization Framework: Bearer Token Usage": the scheme's name in any case. */
const BEARER = /^bearer +([A-Za-z0-9._~+/-]+=*) *$/i;

/** The address that a limit counts for. */
export function addressOf(c: Context<ServiceEnv>, trustedProxies: number): string {
  if (trustedProxies > 0) {
    const forwarded = (c.req.header("x-forwarded-for") ?? "").split(",").map((part) => part.trim());
    const address = forwarded.at(-trustedProxies);
    if (address !== undefined && address !== "") return address;
  }
  return c.env?.incoming === undefined ? "none" : (getConnInfo(c).remote.address ?? "none");
}

/** @param missing those of `scopes` that the token lacks. */
export function scopeMissing(
  name: string,
  missing: readonly Scope[],
  scopes: readonly Scope[],
): ProblemError {
  return problem(
    ServiceCode.ScopeMissing,
    `The token ${name} lacks the scope ${missing.join(" and ")}; this needs ${scopes.join(" and ")}.`,
    {
      headers: {
        "WWW-Authenticate": `${REALM}, error="insufficient_scope", scope="${scopes.join(" ")}"`,
      },
    },
  );
}

function tooMany(seconds: number, detail: string): ProblemError {
  return problem(ServiceCode.TooManyRequests, detail, { headers: { "Retry-After": String(seconds) } });
}

export function createAllow({ tokens, limits, trustedProxies, now }: AccessOptions): Allow {
  const failuresPerAddress = new RateLimit(limits.failuresPerAddress, now);
  const failures = new RateLimit(limits.failures, now);
  const requestsPerCaller = new RateLimit(limits.requestsPerCaller, now);

  /**
   * A valid token passes however often its address has failed: otherwise one neighbour behind the same proxy could lock
   * everybody out, and tokens of 256 random bits are not found by trying.
   */
  const failed = (c: Context<ServiceEnv>, given: boolean) => {
    const wait = Math.max(failuresPerAddress.take(addressOf(c, trustedProxies)), failures.take("all"));
    if (wait > 0) return tooMany(wait, "Too many requests without a valid token.");
    return given
      ? problem(
          ServiceCode.Unauthenticated,
          "The bearer token is unknown, not valid yet or no longer valid.",
          {
            headers: { "WWW-Authenticate": `${REALM}, error="invalid_token"` },
          },
        )
      : problem(ServiceCode.Unauthenticated, "Send a token of the service: Authorization: Bearer <token>.", {
          headers: { "WWW-Authenticate": REALM },
        });
  };

  return (scopes) => async (c, next) => {
    const authorization = c.req.header("authorization");
    const token = BEARER.exec(authorization ?? "")?.[1];
    const caller = token === undefined ? undefined : findCaller(tokens.entries(), token, now());
    if (caller === undefined) throw failed(c, authorization !== undefined);
    c.set("caller", caller);
    const wait = requestsPerCaller.take(caller.name);
    if (wait > 0) throw tooMany(wait, `Too many requests with the token ${caller.name}.`);
    const missing = scopes.filter((scope) => !caller.scopes.includes(scope));
    if (missing.length > 0) throw scopeMissing(caller.name, missing, scopes);
    await next();
  };
}
