/** One preview of a stack in which each tenant has another misconfiguration, and what the policies say of it. */
import { join } from "node:path";
import type { Engine } from "../../sandbox/engine/engine.ts";
import { scratchConfig } from "../../sandbox/scratchConfig.ts";
import { openScratchStack } from "../../sandbox/scratchStack.ts";
import { MISCONFIGURATIONS } from "./misconfigurations.ts";
import { type FoundViolation, runWithPolicies } from "./violations.ts";
import { entryOf, resourceName, tenantOf } from "./wrongTenants.ts";

export interface Tried {
  name: string;
  policy: string;
  /** By that policy, at that resource. */
  isCaught: boolean;
}

export interface TriedMisconfigurations {
  tried: Tried[];
  /** What the policies found beyond that: nothing else is wrong in that stack. */
  others: FoundViolation[];
  /** What the engine printed. */
  output: string;
}

const SETTINGS = {
  // One whose buckets must be protected.
  ...scratchConfig("prod"),
  "tenant-edge:bucketDefaults": { protect: true },
  "tenant-edge:network": { endpoints: ["ssm"] },
};

/** @param numbers positions in MISCONFIGURATIONS. */
export async function tryMisconfigurations(
  engine: Engine,
  seed: number,
  numbers: readonly number[],
): Promise<TriedMisconfigurations> {
  const chosen = numbers.flatMap((number) => {
    const misconfiguration = MISCONFIGURATIONS[number];
    return misconfiguration === undefined ? [] : [{ number, misconfiguration }];
  });
  const stack = await openScratchStack({
    engine,
    main: join(import.meta.dirname, "program.ts"),
    config: {
      ...SETTINGS,
      "tenant-edge:tenants": chosen.map(({ number, misconfiguration }) => entryOf(number, misconfiguration)),
      "deep-policies:seed": seed,
      "deep-policies:misconfigurations": numbers,
    },
  });
  try {
    const { result, violations } = await runWithPolicies(stack, "preview");
    const expected = chosen.map(({ number, misconfiguration }) => {
      const { name, policy, type } = misconfiguration;
      return { name, policy, resource: `${type}::${resourceName(tenantOf(number), misconfiguration)}` };
    });
    const isOf = (violation: FoundViolation) => (wrong: { policy: string; resource: string }) =>
      wrong.policy === violation.policy && wrong.resource === violation.resource;
    return {
      tried: expected.map((wrong) => ({
        name: wrong.name,
        policy: wrong.policy,
        isCaught: result.exitCode !== 0 && violations.some((violation) => isOf(violation)(wrong)),
      })),
      others: violations.filter((violation) => !expected.some(isOf(violation))),
      output: `${result.stdout}\n${result.stderr}`,
    };
  } finally {
    await stack.close();
  }
}
