/** Being out of service, and how long things are kept. */
import { z } from "zod";
import { BucketFate } from "../lifecycle/states.ts";
import { text, wholeNumber } from "./fields.ts";

/** UTC, to the second or finer. */
const TIME =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z$/;
export const time = () => text(TIME, "a time in UTC: 2026-11-22T10:00:00Z");

/** An id from another system. */
export const foreignId = () =>
  text(
    /^[!-~](?:[ -~]{0,198}[!-~])?$/,
    "1 to 200 printable ASCII characters, neither first nor last a space",
  );

export const disabledSchema = z
  .strictObject({
    since: time().describe("Since when."),
    keepUntil: time().describe(
      "Until when tunnel, hostname and bucket are kept. `tenant-edge expire` removes the tenant after it.",
    ),
    bucket: z
      .enum(BucketFate)
      .default(BucketFate.Kept)
      .describe(
        "released: no longer protected; deleted: gone, which needs an update with released before. Default kept.",
      ),
    purge: z
      .boolean()
      .default(false)
      .describe(
        "true: the entry may go. Without an update that had it, the program refuses a list that lacks the tenant.",
      ),
  })
  .describe(
    "Out of service: no host, no key, a new tunnel secret, and 404 for every request. Tunnel, hostname and bucket are kept.",
  );

export const lifecycleSchema = z
  .strictObject({
    retentionDays: wholeNumber(0, 3650)
      .default(30)
      .describe("Days that the bucket of a disabled tenant is kept."),
    keyOverlapHours: wholeNumber(0, 8760)
      .default(24)
      .describe("Hours that the old key stays valid after a rotation, for tenants without a host of ours."),
    hostWaitMinutes: wholeNumber(1, 120)
      .default(10)
      .describe("Minutes that a rotation waits for the hosts' reports."),
    sweepCoolDownMinutes: wholeNumber(1, 1440)
      .default(15)
      .describe("Minutes before a health sweep acts on the same tenant again."),
    sweepActions: wholeNumber(0, 100).default(3).describe("Tenants that one health sweep acts on, at most."),
  })
  .describe("Times and bounds of the operations.");
