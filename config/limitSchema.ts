/** What a stack stays within: quotas of Cloudflare's, calls of its API, and tenants. */
import { z } from "zod";
import { CLOUDFLARE_LIMIT } from "../clients/apiLimit.ts";
import { wholeNumber } from "./fields.ts";

/** Every step of an update writes the whole state of its stack: with more tenants, each of them costs more. */
const TENANTS_PER_STACK = 50;

export const limitsSchema = z
  .strictObject({
    tunnels: wholeNumber(1, 1_000_000)
      .default(1000)
      .describe("Tunnels of the Cloudflare account. Default 1000."),
    accountTokens: wholeNumber(1, 1_000_000)
      .default(500)
      .describe("Tokens of the Cloudflare account. Default 500."),
    dnsRecords: wholeNumber(1, 1_000_000)
      .default(200)
      .describe(
        "Records of the zone that tenants may use. Default 200 (Free plan); Pro and Business have 3500.",
      ),
    tenantsPerStack: wholeNumber(1, 1_000_000)
      .default(TENANTS_PER_STACK)
      .describe(
        `Tenants of this stack. Every step of an update writes the whole state, so that each tenant takes the longer the more there are: put further ones into another stack of the environment. Default ${TENANTS_PER_STACK}.`,
      ),
  })
  .describe(
    "What to stay within: Cloudflare's quotas, to raise when Cloudflare has raised them for you, and the size of this stack.",
  );

const { calls, windowSeconds, sharePercent } = CLOUDFLARE_LIMIT;

export const cloudflareLimitSchema = z
  .strictObject({
    calls: wholeNumber(10, 1_000_000)
      .default(calls)
      .describe(`Calls that Cloudflare allows the API token within a window. Default ${calls}.`),
    windowSeconds: wholeNumber(1, 3600)
      .default(windowSeconds)
      .describe(`Length of a window in seconds. Default ${windowSeconds}.`),
    sharePercent: wholeNumber(1, 100)
      .default(sharePercent)
      .describe(
        `How much of it operations, sweeps, doctor and service use together, in per cent. Default ${sharePercent}.`,
      ),
  })
  .describe("The limit of Cloudflare's API.");
