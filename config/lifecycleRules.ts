/** Rules for the lifecycle rules of a tenant's bucket. */
import { formatPath, type Problem, show } from "./problems.ts";
import type { Rule } from "./rule.ts";

export const lifecycleRules: Rule = ({ tenants }) =>
  [...tenants].flatMap(([index, { bucket }]) => {
    const seen = new Set<string>();
    return (bucket.lifecycleRules ?? []).flatMap((rule, position): Problem[] => {
      const path = ["tenants", index, "bucket", "lifecycleRules", position] as const;
      const { expireAfterDays, infrequentAccessAfterDays, abortMultipartAfterDays } = rule;
      const problems: Problem[] = [];
      if (seen.has(rule.id)) {
        problems.push({
          path: formatPath([...path, "id"]),
          found: show(rule.id),
          allowed: "an id that no other rule has",
        });
      }
      seen.add(rule.id);
      if ((expireAfterDays ?? infrequentAccessAfterDays ?? abortMultipartAfterDays) === undefined) {
        problems.push({
          path: formatPath(path),
          found: "a rule that does nothing",
          allowed: "at least one of expireAfterDays, infrequentAccessAfterDays, abortMultipartAfterDays",
        });
      }
      if (
        expireAfterDays !== undefined &&
        infrequentAccessAfterDays !== undefined &&
        infrequentAccessAfterDays >= expireAfterDays
      ) {
        problems.push({
          path: formatPath([...path, "infrequentAccessAfterDays"]),
          found: `${infrequentAccessAfterDays}, when the objects are deleted after ${expireAfterDays} days`,
          allowed: "fewer days than expireAfterDays",
          action: "remove it, or raise expireAfterDays",
        });
      }
      return problems;
    });
  });
