/** Finds or builds the engine before any test that needs it, and says meanwhile what takes so long. */
import { showEngineProgress } from "../../sandbox/commands/showEngineProgress.ts";
import { findEngine } from "../../sandbox/engine/findEngine.ts";

export async function setup(): Promise<void> {
  const display = showEngineProgress(process.stderr);
  try {
    const { version, source } = await findEngine({ report: display.report });
    display.close();
    process.stderr.write(`Pulumi ${version} (${source})\n`);
  } finally {
    display.close();
  }
}
