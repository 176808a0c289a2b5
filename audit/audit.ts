/** The record of who did what to which tenant, when, and how it went. It is only ever appended to. */
import { z } from "zod";

export const AuditPhase = { started: "started", finished: "finished" } as const;
export type AuditPhase = (typeof AuditPhase)[keyof typeof AuditPhase];

export const AuditOutcome = {
  succeeded: "succeeded",
  failed: "failed",
  /** Nothing was done, because it was not allowed or not possible. */
  refused: "refused",
  /** Stopped by whoever asked for it. */
  aborted: "aborted",
} as const;
export type AuditOutcome = (typeof AuditOutcome)[keyof typeof AuditOutcome];

/** Characters of one value; what is longer is cut. */
export const LONGEST_TEXT = 256;
/** Items of one list of details; what is more is cut. */
export const MOST_ITEMS = 200;
const word = z.string().max(LONGEST_TEXT);
const words = z.array(word).max(MOST_ITEMS);
const count = z.number().int().nonnegative();

/** Every detail that a record may have. None of them can be a secret: what is not named here is refused. */
export const auditDetailsSchema = z.strictObject({
  /** Nothing was to be changed. */
  dryRun: z.boolean().optional(),
  /** Why it was done, in the words of whoever did it. */
  reason: word.optional(),
  /** Names of the secrets that were given out: `tunnelToken`, `bucketKey`. */
  secretsRead: words.optional(),
  hubId: word.optional(),
  accountId: word.optional(),
  hostname: word.optional(),
  bucket: word.optional(),
  tunnelId: word.optional(),
  /** Ids of the objects in the clouds that were deleted or found, without the tenants' own. */
  resources: words.optional(),
  generation: count.optional(),
  retentionDays: count.optional(),
  /** ISO 8601. */
  keepUntil: word.optional(),
  deleteBucket: z.boolean().optional(),
  purge: z.boolean().optional(),
  force: z.boolean().optional(),
  deletedObjects: count.optional(),
  /** How many tenants or things an operation on several had to do with. */
  affected: count.optional(),
  /** Changes of the engine, by kind. */
  created: count.optional(),
  updated: count.optional(),
  deleted: count.optional(),
  replaced: count.optional(),
  /** Version of the tenant list that was deployed. */
  listVersion: word.optional(),
  /** Number of the update in the engine's history. */
  update: count.optional(),
});

export const auditRecordSchema = z.strictObject({
  /** UUID, or the like, of the record. */
  id: word.regex(/^[A-Za-z0-9-]+$/),
  /** ISO 8601, in UTC. */
  time: z.iso.datetime(),
  /** Who asked: a name of a bearer token, a user of the machine, a role of the pipeline. */
  actor: word.min(1),
  operation: word.min(1),
  environment: word,
  stack: word,
  /** Ids. */
  tenants: z.array(word).max(10_000),
  phase: z.enum(AuditPhase),
  outcome: z.enum(AuditOutcome).optional(),
  /** Code of a typed error, never its text. */
  errorCode: word.optional(),
  durationMilliseconds: z.number().nonnegative().optional(),
  requestId: word.optional(),
  /** `library`, `cli`, `service`. */
  surface: word.optional(),
  details: auditDetailsSchema.optional(),
});

export type AuditDetails = z.infer<typeof auditDetailsSchema>;
export type AuditRecord = z.infer<typeof auditRecordSchema>;

export interface AuditFilter {
  /** Only records that name this tenant. Default: all. */
  tenant?: string | undefined;
  /** At most so many, the newest. */
  limit: number;
}

export interface AuditSink {
  /** For messages. */
  readonly location: string;
  /** @throws AuditError when the record is not one, or could not be kept: whoever acts then must not go on. */
  append(record: AuditRecord): Promise<void>;
  /** Newest first. Absent when what was written cannot be read back. */
  read?(filter: AuditFilter): Promise<AuditRecord[]>;
}

export class AuditError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AuditError";
  }
}
