/** Who calls, whether it may, and how often: what runs before every route of the API. */
import type { HttpBindings } from "@hono/node-server";
import type { Context, MiddlewareHandler } from "hono";
import { ApiError, refuse } from "./apiError.ts";
import { fail } from "./envelope.ts";
import type { Level } from "./permissionGroups.ts";
import type { RateLimiter } from "./rateLimit.ts";
import { grants } from "./tokenPolicy.ts";
import { type Token, type Tokens, usableFrom } from "./tokens.ts";
import type { Zone, Zones } from "./zones.ts";

export interface ApiEnvironment {
  Bindings: Partial<HttpBindings>;
  Variables: { token: Token; zone: Zone };
}
export type ApiContext = Context<ApiEnvironment>;

/** The form that every token's value has. */
const BEARER = /^Bearer ([A-Za-z0-9_-]{40,80})$/;

/** Products check tokens behind the gateway, and refuse an unknown one in their own words. */
const PRODUCT_PATH = /\/(accounts\/[^/]+\/(cfd_tunnel|r2)|zones\/[^/]+\/dns_records)(\/|$)/;

/**
 * Finds the token of the request. Throws ApiError: no header (400, 9106), a header of another form (400, 6003
 * with 6111), a value that is no usable token's (401, 10000 from tunnels, records and buckets; 401, 1000 where a
 * token is verified; 403, 9109 elsewhere).
 */
export function authenticate(
  tokens: Tokens,
  limiter: RateLimiter | undefined,
): MiddlewareHandler<ApiEnvironment> {
  return async (c, next) => {
    const header = c.req.header("authorization");
    if (header === undefined) {
      throw refuse(400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers");
    }
    const value = BEARER.exec(header)?.[1];
    if (value === undefined) {
      throw new ApiError(400, {
        code: 6003,
        message: "Invalid request headers",
        error_chain: [{ code: 6111, message: "Invalid format for Authorization header" }],
      });
    }
    const token = tokens.findByValue(value);
    if (token === undefined || !tokens.usable(token)) {
      if (c.req.path.endsWith("/tokens/verify")) throw refuse(401, 1000, "Invalid API Token");
      if (PRODUCT_PATH.test(c.req.path)) throw refuse(401, 10000, "Authentication error");
      throw refuse(403, 9109, "Invalid access token");
    }
    const address = c.env?.incoming?.socket?.remoteAddress ?? "127.0.0.1";
    if (!usableFrom(token, address)) {
      throw refuse(403, 9109, `Cannot use the access token from location: ${address}`);
    }
    tokens.touch(token);
    c.set("token", token);
    if (limiter === undefined) return next();
    const allowance = limiter.take(token.id);
    if (allowance.allowed) await next();
    else c.res = fail(c, refuse(429, 971, "Please wait and consider throttling your request speed"));
    for (const [name, text] of Object.entries(limiter.headers(allowance))) c.res.headers.set(name, text);
    return;
  };
}

/** The refusal of a token that lacks a permission; most products say it so. */
export const AUTHENTICATION_ERROR = { status: 403, code: 10000, message: "Authentication error" };
/** How the routes of accounts and zones themselves say it. */
export const UNAUTHORIZED = { status: 403, code: 9109, message: "Unauthorized to access requested resource" };
export type Refusal = typeof AUTHENTICATION_ERROR;

/** Lets through what holds one of the families ("Cloudflare Tunnel") at this level on the account of the path. */
export function onAccount(
  families: readonly string[],
  level: Level,
  refusal: Refusal = AUTHENTICATION_ERROR,
): MiddlewareHandler<ApiEnvironment> {
  return async (c, next) => {
    const accountId = c.req.param("account") ?? "";
    const { policies } = c.get("token");
    const allowed = families.some((family) =>
      grants(policies, family, level, { kind: "account", accountId }),
    );
    if (!allowed) throw refuse(refusal.status, refusal.code, refusal.message);
    await next();
  };
}

/** The same for the zone of the path, which handlers then find in `c.get("zone")`. */
export function onZone(
  zones: Zones,
  families: readonly string[],
  level: Level,
  refusal: Refusal = AUTHENTICATION_ERROR,
): MiddlewareHandler<ApiEnvironment> {
  return async (c, next) => {
    const zone = zones.get(c.req.param("zone") ?? "");
    const { policies } = c.get("token");
    if (zone === undefined || !families.some((family) => holdsOnZone(policies, family, level, zone))) {
      throw refuse(refusal.status, refusal.code, refusal.message);
    }
    c.set("zone", zone);
    await next();
  };
}

export function holdsOnZone(policies: Token["policies"], family: string, level: Level, zone: Zone): boolean {
  return grants(policies, family, level, { kind: "zone", accountId: zone.accountId, zoneId: zone.id });
}
