/** What a run of the engine says of single tenants. */
import { TENANT_ID } from "./life.ts";

interface Output {
  stdout: string;
  stderr: string;
}

const FAILURE = new RegExp(`(${TENANT_ID.source})\\S*.*\\*\\*\\w+ failed\\*\\*`, "g");
const DIAGNOSTIC = new RegExp(`^ {2}\\S+ \\((${TENANT_ID.source})[^)]*\\):\\n((?: {4}.*\\n?)+)`, "gm");

/** Errors by tenant id: the engine's diagnostics, one text for each resource. */
export function errorsOf({ stdout, stderr }: Output): Map<string, string[]> {
  const errors = new Map<string, string[]>();
  for (const [, id = "", text = ""] of `${stdout}\n${stderr}`.matchAll(DIAGNOSTIC)) {
    if (text.includes("error:")) errors.set(id, [...(errors.get(id) ?? []), text.trim()]);
  }
  return errors;
}

export function failedTenants(output: Output): Set<string> {
  const lines = [...`${output.stdout}\n${output.stderr}`.matchAll(FAILURE)].map(([, id = ""]) => id);
  return new Set([...lines, ...errorsOf(output).keys()]);
}

/** Ids of tenants of which `preview --json` would change something. */
export function unsettledTenants(stdout: string): Set<string> {
  const { steps = [] } = JSON.parse(stdout) as { steps?: { op: string; urn: string }[] };
  const changed = steps.filter(({ op }) => op !== "same");
  return new Set(changed.flatMap(({ urn }) => TENANT_ID.exec(urn) ?? []));
}
