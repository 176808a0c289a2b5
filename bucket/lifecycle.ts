/** Lifecycle rules in Cloudflare's form. Cloudflare R2 documentation, "Object lifecycles". */

const SECONDS_PER_DAY = 86_400;

export interface LifecycleRule {
  /** Unique among the bucket's rules. */
  id: string;
  /** Keys that begin with this; empty for all. Default: all. */
  prefix?: string | undefined;
  /** Delete objects of this age, in days. */
  expireAfterDays?: number | undefined;
  /** Move objects of this age, in days, to InfrequentAccess. */
  infrequentAccessAfterDays?: number | undefined;
  /** Abort unfinished multipart uploads of this age, in days. */
  abortMultipartAfterDays?: number | undefined;
}

interface AgeCondition {
  condition: { type: string; maxAge: number };
}

export interface R2LifecycleRule {
  id: string;
  enabled: boolean;
  conditions: { prefix: string };
  deleteObjectsTransition?: AgeCondition;
  storageClassTransitions?: (AgeCondition & { storageClass: string })[];
  abortMultipartUploadsTransition?: AgeCondition;
}

const afterDays = (days: number): AgeCondition => ({
  condition: { type: "Age", maxAge: days * SECONDS_PER_DAY },
});

/**
 * The rule that Cloudflare gives every new bucket. A document of rules replaces all there are, this one included, so
 * it is declared again.
 */
const DEFAULT_ABORT_RULE: R2LifecycleRule = {
  id: "Default Multipart Abort Rule",
  enabled: true,
  conditions: { prefix: "" },
  abortMultipartUploadsTransition: afterDays(7),
};

/** The whole document, sorted by id because Cloudflare's provider compares it as a list. */
export function r2LifecycleRules(rules: readonly LifecycleRule[]): R2LifecycleRule[] {
  const own = rules.map(
    (rule): R2LifecycleRule => ({
      id: rule.id,
      enabled: true,
      conditions: { prefix: rule.prefix ?? "" },
      ...(rule.expireAfterDays === undefined
        ? {}
        : { deleteObjectsTransition: afterDays(rule.expireAfterDays) }),
      ...(rule.infrequentAccessAfterDays === undefined
        ? {}
        : {
            storageClassTransitions: [
              { ...afterDays(rule.infrequentAccessAfterDays), storageClass: "InfrequentAccess" },
            ],
          }),
      ...(rule.abortMultipartAfterDays === undefined
        ? {}
        : { abortMultipartUploadsTransition: afterDays(rule.abortMultipartAfterDays) }),
    }),
  );
  return [DEFAULT_ABORT_RULE, ...own].sort((left, right) => (left.id < right.id ? -1 : 1));
}
