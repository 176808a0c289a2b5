/** The file of rules that `TENANT_EDGE_FAULTS` names. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { UserError } from "../userError.ts";
import { type FaultRule, faultRulesSchema } from "./rule.ts";

export const FAULTS_SETTING = "TENANT_EDGE_FAULTS";

/** The rules in force, none when the environment names no file. Throws UserError with what is wrong with the file. */
export function readFaultRules(env: NodeJS.ProcessEnv = process.env): FaultRule[] {
  const named = env[FAULTS_SETTING];
  if (named === undefined || named === "") return [];
  const file = resolve(named);
  const refuse = (problem: string) => new UserError(`${FAULTS_SETTING} names ${file}: ${problem}`);
  let content: unknown;
  try {
    content = parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error));
  }
  const read = faultRulesSchema.safeParse(content);
  if (read.success) return read.data;
  throw refuse(`it has to be a list of rules (docs/faults.md)\n${z.prettifyError(read.error)}`);
}
