/** Rules for settings of every AWS resource of a stack. */
import { formatPath, type Problem, show } from "./problems.ts";
import type { Rule } from "./rule.ts";

export const keyInRegion: Rule = ({ config: { kmsKeyArn }, region }) => {
  const keyRegion = kmsKeyArn?.split(":")[3];
  if (region === undefined || keyRegion === undefined || keyRegion === region) return [];
  return [
    {
      path: formatPath(["kmsKeyArn"]),
      found: `${show(kmsKeyArn)}, a key of ${keyRegion}`,
      allowed: `a key of ${region} (aws:region): parameters are encrypted in their own region`,
    },
  ];
};

/** IAM takes keys that differ only in case for the same and refuses both. */
export const distinctTagKeys: Rule = ({ config: { tags } }) => {
  const first = new Map<string, string>();
  return Object.keys(tags ?? {}).flatMap((key): Problem[] => {
    const earlier = first.get(key.toLowerCase());
    if (earlier === undefined) {
      first.set(key.toLowerCase(), key);
      return [];
    }
    return [
      {
        path: formatPath(["tags", key]),
        found: `the key ${show(key)}`,
        allowed: "keys that differ in more than their case",
        action: `${earlier} is the same to IAM: remove one of the two`,
      },
    ];
  });
};
