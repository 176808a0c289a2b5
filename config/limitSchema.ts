/** How many calls of Cloudflare's API there may be. */
import { z } from "zod";
import { CLOUDFLARE_LIMIT } from "../clients/apiLimit.ts";
import { wholeNumber } from "./fields.ts";

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
