/** What became of something that has the name of what should be created. */
import type { AwsClients } from "../clients/awsClients.ts";
import type { CloudflareApi } from "../clients/cloudflareApi.ts";

/** The clouds to look into, with the rights of whoever creates. */
export interface Clouds {
  cloudflare: CloudflareApi;
  aws: AwsClients;
}

export const Outcome = {
  /** There is nothing of the name. */
  absent: "absent",
  /** It was a leftover of ours, and is gone now. */
  removed: "removed",
  /** It may be in use, or is not ours, and was not touched. */
  kept: "kept",
} as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

export interface Finding {
  outcome: Outcome;
  /** What it is, and for what is kept, why. One line; empty for what is absent. */
  text: string;
  /** By which the engine imports it. */
  importId?: string | undefined;
}

export const ABSENT: Finding = { outcome: Outcome.absent, text: "" };

export function removed(text: string): Finding {
  return { outcome: Outcome.removed, text };
}

export function kept(text: string, importId?: string): Finding {
  return { outcome: Outcome.kept, text, importId };
}

/** What to do about a leftover that stays. */
export const KEPT_ADVICE = "if nobody needs it, delete it by hand";
