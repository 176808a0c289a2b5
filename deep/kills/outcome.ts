/** What became of one kill. */
import type { PulumiResult } from "../../sandbox/engine/runPulumi.ts";
import type { Findings } from "./killStack.ts";

export interface Outcome extends Findings {
  /** What was done and when it was killed: enough to try it again. */
  name: string;
  /** False when the run had ended before its moment came. */
  isHit: boolean;
}

/** What the engine says went wrong, in its own output. */
const DIAGNOSTICS = /^Diagnostics:\n[\s\S]*?(?=^(?:Outputs|Resources):)/m;
/** Lines of it that a failure shows. */
const SHOWN = 40;

export const isSurvived = ({ lost, orphans, wrong }: Outcome): boolean =>
  lost.length + orphans.length + wrong.length === 0;

export function failureText({ name, lost, orphans, wrong }: Outcome): string {
  const lines = [
    ...lost.map((what) => `lost: ${what}`),
    ...orphans.map((what) => `left behind: ${what}`),
    ...wrong,
  ];
  return [name, ...lines.map((line) => `  ${line}`)].join("\n");
}

/** Why a command failed: the engine's own words, else the end of what it printed. */
export function complaintOf({ stdout, stderr }: Pick<PulumiResult, "stdout" | "stderr">): string {
  const [diagnostics] = DIAGNOSTICS.exec(stdout) ?? [];
  return `${diagnostics ?? stdout}\n${stderr}`.trimEnd().split("\n").slice(-SHOWN).join("\n");
}
