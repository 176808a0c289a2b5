/** The command line's way to give each field of an operation's input. */
import { InvalidArgumentError, Option } from "commander";
import type { InputOf, OperationName } from "../operations/contract.ts";

/** One option, and the field that it gives. */
export interface Flag<F extends PropertyKey = string> {
  readonly field: F;
  /** As commander writes it: `--retention-days <days>`. */
  readonly flags: string;
  readonly text: string;
  readonly parse?: (value: string) => unknown;
  /** For completion. */
  readonly values?: readonly string[];
}

/** The value is checked by the operation's schema; this only makes it a number. */
export function number(value: string): number {
  const parsed = Number(value);
  if (value.trim() !== "" && Number.isFinite(parsed)) return parsed;
  throw new InvalidArgumentError("It has to be a number.");
}

export function optionOf({ flags, text, parse }: Flag): Option {
  const option = new Option(flags, text);
  return parse === undefined ? option : option.argParser(parse);
}

type Field<N extends OperationName> = Extract<keyof InputOf<N>, string>;

/** Of operations on one tenant, which the argument names otherwise. */
export const REFERENCE_FLAGS: readonly Flag<"hubId" | "tunnelId">[] = [
  { field: "hubId", flags: "--hub <id>", text: "instead of the tenant: id of the customer's hub" },
  { field: "tunnelId", flags: "--tunnel <id>", text: "instead of the tenant: UUID of its tunnel" },
];

const TO: Flag<"to"> = {
  field: "to",
  flags: "--to <generation>",
  text: "generation to end with, so that a repetition rotates no further",
  parse: number,
};

/** Besides the tenant's name. */
export const FLAGS: { readonly [N in OperationName]: readonly Flag<Field<N>>[] } = {
  enroll: [
    {
      field: "hubId",
      flags: "--hub <id>",
      text: "id of the customer's hub; names the tenant when nothing else does",
    },
    { field: "accountId", flags: "--account <id>", text: "the customer's account" },
    { field: "displayName", flags: "--display-name <name>", text: "name for people" },
    { field: "subdomain", flags: "--subdomain <label>", text: "wanted first label of the hostname" },
    { field: "hostname", flags: "--hostname <name>", text: "wanted hostname in full" },
    {
      field: "service",
      flags: "--service <url>",
      text: "what the tunnel forwards to; default: http://localhost:8080",
    },
    { field: "awsRegion", flags: "--region <region>", text: "AWS region, where stacks are in several" },
    { field: "host", flags: "--no-host", text: "no EC2 host: the customer runs cloudflared" },
    { field: "bucket", flags: "--no-bucket", text: "no bucket" },
    { field: "reactivate", flags: "--reactivate", text: "enable the tenant again when it is disabled" },
  ],
  status: [{ field: "probe", flags: "--probe", text: "look now; otherwise what was seen last" }],
  token: [],
  rotateKeys: [
    TO,
    {
      field: "overlapHours",
      flags: "--overlap-hours <hours>",
      text: "how long the old key stays valid where the customer holds it",
      parse: number,
    },
  ],
  rotateTunnel: [
    TO,
    {
      field: "dropConnections",
      flags: "--drop-connections",
      text: "also drop the connections of the old secret",
    },
  ],
  disable: [
    { field: "deleteBucket", flags: "--delete-bucket", text: "empty and delete the bucket now" },
    {
      field: "retentionDays",
      flags: "--retention-days <days>",
      text: "how long the bucket is kept; default: as the stack says, 30",
      parse: number,
    },
  ],
  enable: [],
  remove: [
    { field: "purge", flags: "--purge", text: "do not wait for the end of the retention" },
    { field: "emptyBucket", flags: "--empty-bucket", text: "delete the objects in the bucket" },
  ],
  expire: [
    { field: "act", flags: "--act", text: "do it; otherwise only list what is due" },
    {
      field: "emptyBuckets",
      flags: "--empty-buckets",
      text: "delete the objects of buckets whose time is over",
    },
  ],
  list: [],
  sweepHealth: [
    { field: "act", flags: "--act", text: "restart what is down twice in a row; otherwise only look" },
    {
      field: "maxActions",
      flags: "--max-actions <number>",
      text: "tenants to act on; default: as the stack says, 3",
      parse: number,
    },
  ],
  sweepOrphans: [
    { field: "delete", flags: "--delete", text: "delete what is found; otherwise only list it" },
    {
      field: "maxDeletions",
      flags: "--max-deletions <number>",
      text: "refuse to delete more; default: 10",
      parse: number,
    },
  ],
  repair: [],
  usage: [
    {
      field: "month",
      flags: "--month <month>",
      text: "calendar month in UTC, as 2026-11; default: the present one",
    },
  ],
  history: [
    { field: "limit", flags: "--limit <number>", text: "how many of each; default: 20", parse: number },
  ],
};
