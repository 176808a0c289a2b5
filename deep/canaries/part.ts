/** Secrets: a whole life, then a search for every secret that was ever made in everything that can be read. */
import { openOperations } from "../../operations/open.ts";
import { CanariesFoundError, type CanaryReport } from "../../sandbox/canaries/canaries.ts";
import { watchedOperations } from "../../sandbox/canaries/watchedOperations.ts";
import { DEFAULT_STACK } from "../../sandbox/engine/defaultStack.ts";
import { Faults } from "../../sandbox/faults/faults.ts";
import { openScratchStack, type ScratchStack } from "../../sandbox/scratchStack.ts";
import type { DeepOptions, DeepPart, DeepResult, DeepRow } from "../part.ts";
import { ACTOR, CONFIG, LIFE } from "./life.ts";

async function live(stack: ScratchStack, faults: Faults, report: (line: string) => void): Promise<string[]> {
  const operations = watchedOperations(
    await openOperations({
      directory: stack.project,
      stack: DEFAULT_STACK,
      env: { ...stack.sandbox.env },
      actor: ACTOR,
    }),
    stack.canaries,
  );
  try {
    for (const [name, step] of LIFE) {
      report(name);
      await step({ stack, operations, faults });
    }
    return [];
  } catch (error) {
    // What there is by then is searched all the same.
    return [`the life broke off: ${error instanceof Error ? error.message : String(error)}`];
  } finally {
    await operations.close();
  }
}

/** One row for each kind of place. */
function rowsOf({ counts }: CanaryReport): DeepRow[] {
  return counts
    .map(({ place, texts, clean, finds }) => ({
      name: place,
      cases: texts,
      survived: clean,
      canaries: finds,
    }))
    .sort((one, other) => one.name.localeCompare(other.name));
}

export const part: DeepPart = {
  title: "Secrets",
  async run({ engine, report }: DeepOptions): Promise<DeepResult> {
    const faults = new Faults();
    const stack = await openScratchStack({ engine, faults, config: CONFIG });
    const failures = await live(stack, faults, report);
    const began = performance.now();
    const found = stack.search();
    const took = Math.round(performance.now() - began);
    const megabytes = (found.bytes / 1e6).toFixed(1);
    await stack.close().catch((error: unknown) => {
      failures.push(error instanceof CanariesFoundError ? error.message : `closing failed: ${error}`);
    });
    return {
      rows: rowsOf(found),
      figures: [`${found.secrets} secrets were looked for in ${megabytes} MB in ${took} ms.`],
      failures,
    };
  },
};
