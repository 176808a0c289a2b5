/** Rules that say which calls go wrong, and how. */
import { z } from "zod";
import { FaultKind, FaultPlace, ResourceOperation } from "./kinds.ts";

/**
 * Milliseconds that a time-out takes. A real one takes longer than the first pause of a provider that tries again,
 * and the order of the two is what matters.
 */
const TIMEOUT = 1_500;

const pattern = () =>
  z.string().superRefine((text, context) => {
    try {
      new RegExp(text);
    } catch (error) {
      context.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error) });
    }
  });

const faultRuleSchema = z.strictObject({
  kind: z.enum(FaultKind),
  /** Default: everywhere. */
  where: z.enum(FaultPlace).optional(),
  /**
   * Regular expression on the call: `POST /client/v4/accounts/…/cfd_tunnel`, `ec2:RunInstances`, or for the providers
   * `create aws:ec2/instance:Instance`. Default: every call.
   */
  call: pattern().optional(),
  /** Regular expression on the URN of the resource for which the call is made. Default: any resource, and none. */
  resource: pattern().optional(),
  /** What the provider does with that resource. Default: anything. */
  operation: z.enum(ResourceOperation).optional(),
  /** Which of the calls that fit, counted from 1. Default: all. */
  calls: z.array(z.int().min(1)).min(1).optional(),
  /** How likely each of them goes wrong, from 0 to 1. Default 1. */
  probability: z.number().min(0).max(1).default(1),
  /** The same seed lets the same calls go wrong. */
  seed: z.int().min(0).default(1),
  /** Seconds that a 429 asks to wait. */
  retryAfter: z.int().min(0).max(3_600).default(1),
  /** Milliseconds that a time-out or a slow answer takes. */
  delay: z.int().min(0).max(600_000).default(TIMEOUT),
  /** How many reads after a write are stale. */
  reads: z.int().min(1).max(100).default(1),
});

export const faultRulesSchema = z.array(faultRuleSchema);

export type FaultRule = z.output<typeof faultRuleSchema>;

/** As somebody writes it. */
export type FaultRuleInput = z.input<typeof faultRuleSchema>;
