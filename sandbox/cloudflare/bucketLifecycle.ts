/** Lifecycle rules of a bucket: what they may say. The sandbox keeps them, it does not carry them out. */
import { z } from "zod";

const age = z.object({ type: z.literal("Age"), maxAge: z.int().nonnegative() });
const date = z.object({ type: z.literal("Date"), date: z.iso.datetime({ offset: true }).or(z.iso.date()) });
const ageOrDate = z.discriminatedUnion("type", [age, date]);

const rule = z.object({
  id: z.string().min(1),
  enabled: z.boolean(),
  conditions: z.object({ prefix: z.string() }),
  abortMultipartUploadsTransition: z.object({ condition: age }).optional(),
  deleteObjectsTransition: z.object({ condition: ageOrDate }).optional(),
  storageClassTransitions: z
    .array(z.object({ condition: ageOrDate, storageClass: z.literal("InfrequentAccess") }))
    .optional(),
});
export type LifecycleRule = z.infer<typeof rule>;

const MOST_RULES = 1000;

export const lifecycleInput = z.object({
  rules: z
    .array(
      rule.refine(
        (given) =>
          given.abortMultipartUploadsTransition !== undefined ||
          given.deleteObjectsTransition !== undefined ||
          (given.storageClassTransitions?.length ?? 0) > 0,
        "a rule needs at least one transition",
      ),
    )
    .max(MOST_RULES)
    .refine((rules) => new Set(rules.map(({ id }) => id)).size === rules.length, "rule ids must be unique")
    .default([]),
});

const WEEK_SECONDS = 604_800;

/** Every bucket is born with this rule; a PUT that does not name it removes it. */
export const DEFAULT_RULES: readonly LifecycleRule[] = [
  {
    id: "Default Multipart Abort Rule",
    enabled: true,
    conditions: { prefix: "" },
    abortMultipartUploadsTransition: { condition: { type: "Age", maxAge: WEEK_SECONDS } },
  },
];
