/** What this run was told that it may delete or replace. */
import { RunError } from "@pulumi/pulumi";
import { ALLOW, ALLOWANCE, ALLOWANCE_WORDS, type Allowance, parseAllowance } from "../lifecycle/allowance.ts";
import type { LoadedStack } from "./load.ts";

/** @throws RunError when the environment says something that means nothing. */
export function allowanceOf({ allow }: Pick<LoadedStack, "allow">): Allowance {
  const said = process.env[ALLOW]?.trim() ?? "";
  if (said !== "" && !ALLOWANCE.test(said)) {
    throw new RunError(
      `${ALLOW} is ${JSON.stringify(said)}; nothing was changed. Allowed: ${ALLOWANCE_WORDS}.`,
    );
  }
  const isValid = allow !== undefined && Date.parse(allow.until) > Date.now();
  return parseAllowance(isValid ? `${said},${allow.words}` : said);
}
