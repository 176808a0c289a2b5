/** A stack whose tenants are tried. */
import { openOperations } from "../../operations/open.ts";
import { DEFAULT_STACK } from "../../sandbox/engine/defaultStack.ts";
import type { Engine } from "../../sandbox/engine/engine.ts";
import type { PulumiResult } from "../../sandbox/engine/runPulumi.ts";
import { Faults } from "../../sandbox/faults/faults.ts";
import { IMAGE_ID, scratchConfig } from "../../sandbox/scratchConfig.ts";
import { openScratchStack, type ScratchStack } from "../../sandbox/scratchStack.ts";
import { Operation, type Step, type Tenant } from "./life.ts";

export const ENVIRONMENT = "test";

export interface TrialStack extends ScratchStack {
  readonly faults: Faults;
  /** Puts every tenant's entry for this step into the stack file. */
  enter(step: Step, tenants: readonly Tenant[]): void;
  /** Brings about what the entries say, or destroys everything. */
  run(operation: Operation): Promise<PulumiResult>;
  /** What a further update would do: `preview --json`. */
  preview(): Promise<string>;
  /** What an operator does when running it again was not enough. @returns why it failed, if it did. */
  repair(): Promise<string | undefined>;
}

/** Longer than any trial takes. */
const tomorrow = () => new Date(Date.now() + 86_400_000).toISOString();

/** Rules can be put in force at any time. */
export async function openTrialStack(engine: Engine): Promise<TrialStack> {
  const faults = new Faults();
  const config = {
    ...scratchConfig(ENVIRONMENT),
    // A host that was half read when it was made is replaced, and its successor, which does not run, never connects.
    "tenant-edge:hostDefaults": { imageId: IMAGE_ID, replacementTimeoutSeconds: 0 },
    "tenant-edge:tenants": [],
  };
  const stack = await openScratchStack({ engine, faults, config });
  // What runs on hosts makes none of the calls that are tried.
  await stack.sandbox.hosts.stop();
  let settings: Record<string, unknown> = {};
  return {
    ...stack,
    faults,
    enter({ operation, entry }, tenants) {
      if (operation === Operation.destroy) return;
      settings = {
        // What is tried happens to all tenants at once, and each of them is meant.
        "tenant-edge:allow": { words: tenants.map(({ id }) => id).join(", "), until: tomorrow() },
        "tenant-edge:tenants": tenants.flatMap((tenant) => entry(tenant) ?? []),
      };
      stack.configure(settings);
    },
    run: (operation) => {
      const command = operation === Operation.destroy ? ["destroy", "--run-program"] : ["up"];
      return stack.pulumi([...command, "--yes", "--skip-preview", "--continue-on-error"]);
    },
    async preview() {
      const { exitCode, stdout, stderr } = await stack.pulumi(["preview", "--json"]);
      if (exitCode !== 0) throw new Error(`the preview failed:\n${stdout}\n${stderr}`);
      return stdout;
    },
    async repair() {
      // The first update of a stack writes its file anew, and times in its own form.
      stack.configure(settings);
      const options = { directory: stack.project, stack: DEFAULT_STACK, actor: "deep run" };
      try {
        const operations = await openOperations({ ...options, env: { ...stack.sandbox.env } });
        await operations.repair({}).finally(() => operations.close());
        return undefined;
      } catch (error) {
        return `the repair failed: ${error instanceof Error ? error.message : String(error)}`;
      }
    },
  };
}
