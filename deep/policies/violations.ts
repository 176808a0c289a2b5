/** What the policies say about a preview, from the engine's log of events. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { PulumiResult } from "../../sandbox/engine/runPulumi.ts";
import type { ScratchStack } from "../../sandbox/scratchStack.ts";
import { CHECKOUT } from "../../sandbox/session.ts";

export interface FoundViolation {
  policy: string;
  /** `aws:ec2/instance:Instance::acme-instance` */
  resource: string;
  message: string;
}

export interface PolicyRun {
  result: PulumiResult;
  violations: FoundViolation[];
}

interface EngineEvent {
  policyEvent?: { resourceUrn?: string; policyName: string; message: string };
}

/** `type::name` of a URN, without its parents. */
function withoutParents(urn: string): string {
  const [, , types = "", name = ""] = urn.split("::");
  return `${types.slice(types.lastIndexOf("$") + 1)}::${name}`;
}

/** Runs the engine with the policy pack of this repository. */
export async function runWithPolicies(
  stack: ScratchStack,
  command: "preview" | "up",
  args: readonly string[] = [],
): Promise<PolicyRun> {
  const log = join(stack.folder, "events.json");
  const confirmed = command === "up" ? ["--yes"] : [];
  const result = await stack.pulumi(
    [command, ...confirmed, "--policy-pack", join(CHECKOUT, "policies"), "--event-log", log, ...args],
    // The engine writes its log of events for debugging only.
    { PULUMI_DEBUG_COMMANDS: "true" },
  );
  const events = readFileSync(log, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as EngineEvent);
  const violations = events.flatMap(({ policyEvent }) =>
    policyEvent === undefined
      ? []
      : [
          {
            policy: policyEvent.policyName,
            resource: withoutParents(policyEvent.resourceUrn ?? ""),
            message: policyEvent.message,
          },
        ],
  );
  return { result, violations };
}
