/** What a probe's findings say about a tenant: one table, which docs/lifecycle.md shows and the sweep acts by. */
import { Condition } from "../operations/choices.ts";

/** Of the tunnel, as Cloudflare's API tells. Cloudflare One documentation, "Tunnel status". */
export const TunnelFinding = {
  Healthy: "healthy",
  Degraded: "degraded",
  Down: "down",
  Inactive: "inactive",
  Missing: "missing",
  Unasked: "unasked",
} as const;
export type TunnelFinding = (typeof TunnelFinding)[keyof typeof TunnelFinding];

/** Of the records of all the tenant's hostnames. */
export const RecordsFinding = { Right: "right", Wrong: "wrong", Unasked: "unasked" } as const;
export type RecordsFinding = (typeof RecordsFinding)[keyof typeof RecordsFinding];

/** Of a GET to the tenant's own hostname. */
export const AnswerFinding = {
  Fine: "fine",
  AppError: "app-error",
  AppSilent: "app-silent",
  EdgeError: "edge-error",
  None: "none",
} as const;
export type AnswerFinding = (typeof AnswerFinding)[keyof typeof AnswerFinding];

/** Of the tenant's key, tried on its bucket. */
export const BucketFinding = {
  Works: "works",
  Refused: "refused",
  Unasked: "unasked",
  None: "none",
} as const;
export type BucketFinding = (typeof BucketFinding)[keyof typeof BucketFinding];

export interface Findings {
  tunnel: TunnelFinding;
  records: RecordsFinding;
  answer: AnswerFinding;
  bucket: BucketFinding;
}

interface Row {
  condition: Condition;
  /** For people, and the start of the line in `errors`. */
  words: string;
  /** True: a new connector or host may mend it, so the sweep acts. Default false. */
  restart?: boolean;
}

/**
 * What could not be asked says nothing about the tenant: its row is Unknown, and nobody is restarted for it. An answer
 * of Cloudflare's edge in the app's place comes with 502 or 504 when the connector does not reach the app, and with 520
 * to 530 when the edge does not reach the connector. Cloudflare documentation, "Cloudflare 5xx errors" and "1xxx errors".
 */
const TABLE: { readonly [P in keyof Findings]: Readonly<Record<Findings[P], Row>> } = {
  tunnel: {
    healthy: { condition: Condition.Ready, words: "the tunnel is healthy" },
    degraded: {
      condition: Condition.Degraded,
      words: "the tunnel is degraded: some of its connections are missing",
      restart: true,
    },
    down: {
      condition: Condition.Error,
      words: "the tunnel is down: no connector is connected",
      restart: true,
    },
    inactive: {
      condition: Condition.Error,
      words: "the tunnel is inactive: no connector has ever connected",
      restart: true,
    },
    missing: { condition: Condition.Error, words: "the tunnel does not exist" },
    unasked: { condition: Condition.Unknown, words: "Cloudflare could not be asked about the tunnel" },
  },
  records: {
    right: { condition: Condition.Ready, words: "every hostname has its proxied record to the tunnel" },
    wrong: { condition: Condition.Error, words: "a hostname has no proxied record to the tunnel" },
    unasked: { condition: Condition.Unknown, words: "Cloudflare could not be asked about the records" },
  },
  answer: {
    fine: { condition: Condition.Ready, words: "the hostname answers with 200 to 499" },
    "app-error": { condition: Condition.Degraded, words: "the app answers with an error of its own" },
    "app-silent": { condition: Condition.Error, words: "the app does not answer the connector (502, 504)" },
    "edge-error": {
      condition: Condition.Error,
      words: "Cloudflare answers in the app's place (520 to 530)",
    },
    none: { condition: Condition.Error, words: "the hostname does not answer" },
  },
  bucket: {
    works: { condition: Condition.Ready, words: "the bucket takes the tenant's key" },
    refused: { condition: Condition.Degraded, words: "the bucket refuses the tenant's key" },
    unasked: { condition: Condition.Unknown, words: "the tenant's key could not be tried" },
    none: { condition: Condition.Ready, words: "the tenant has no bucket, or no key for it" },
  },
};

const PARTS = ["tunnel", "records", "answer", "bucket"] as const satisfies readonly (keyof Findings)[];

/** From good to bad. */
const SEVERITY: readonly Condition[] = [
  Condition.Ready,
  Condition.Unknown,
  Condition.Degraded,
  Condition.Error,
];

export interface Reason {
  part: keyof Findings;
  words: string;
}

function rowOf<P extends keyof Findings>(part: P, findings: Findings): Row {
  return TABLE[part][findings[part]];
}

/** The worst of the rows, and the words of every row that is not Ready. */
export function conditionOf(findings: Findings): { condition: Condition; reasons: Reason[] } {
  const rows = PARTS.map((part) => ({ part, ...rowOf(part, findings) }));
  const worst = Math.max(...rows.map(({ condition }) => SEVERITY.indexOf(condition)));
  return {
    condition: SEVERITY[worst] ?? Condition.Unknown,
    reasons: rows
      .filter(({ condition }) => condition !== Condition.Ready)
      .map(({ part, words }) => ({ part, words })),
  };
}

/** True when a new connector or host may mend what a probe found. @param tunnelStatus as the probe has it. */
export function restartMayHelp(tunnelStatus: string | null): boolean {
  const known = Object.values(TunnelFinding).find((finding) => finding === tunnelStatus);
  return known !== undefined && TABLE.tunnel[known].restart === true;
}

/** What an HTTP status says of the hostname. */
export function answerOf(status: number): AnswerFinding {
  if (status >= 200 && status < 500) return AnswerFinding.Fine;
  if (status === 502 || status === 504) return AnswerFinding.AppSilent;
  if (status >= 520 && status <= 530) return AnswerFinding.EdgeError;
  return AnswerFinding.AppError;
}

/** The table in Markdown, as docs/lifecycle.md has it. The worst row decides. */
export function conditionTable(): string {
  const rows = PARTS.flatMap((part) => Object.values<Row>(TABLE[part])).map(
    ({ words, condition, restart }) => [words, condition, restart === true ? "yes" : ""],
  );
  const all = [
    ["what a probe finds", "the tenant is", "the sweep restarts it"],
    ["---", "---", "---"],
    ["it was not probed yet", Condition.Unknown, ""],
    ["it is out of service on purpose", Condition.Disabled, ""],
    ...rows,
  ];
  return all.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}
