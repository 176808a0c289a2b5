/** Work of the engine on states that another process may be writing, or that one has left broken. */
import pRetry from "p-retry";
import { backendFolder } from "./backendFolder.ts";
import { restoreCutState } from "./cutStates.ts";
import { isHalfWritten } from "./failures.ts";
import type { DetachedPulumi } from "./pulumiCommand.ts";
import { removeBrokenFiles } from "./stateFiles.ts";

/** While another process writes a state, it cannot be read for a moment. */
export const STATE_POLL = { retries: 20, minTimeout: 200, maxTimeout: 1_000, randomize: true };

export interface MenderOptions {
  /** Folder of Pulumi.yaml. */
  directory: string;
  engine(): Promise<DetachedPulumi>;
}

export class Mender {
  readonly #options: MenderOptions;

  constructor(options: MenderOptions) {
    this.#options = options;
  }

  /** Again while another process writes the stack's state; mended when it stays broken. */
  async read<T>(stack: string, read: () => Promise<T>): Promise<T> {
    const options = { ...STATE_POLL, shouldRetry: ({ error }: { error: Error }) => isHalfWritten(error) };
    return await this.around(stack, () => pRetry(read, options), read);
  }

  /** Once more, when an engine was killed while it wrote, or had no room. */
  async around<T>(stack: string, run: () => Promise<T>, again = run): Promise<T> {
    try {
      return await run();
    } catch (error) {
      const folder = isHalfWritten(error) ? await this.folder() : undefined;
      if (folder === undefined) throw error;
      await removeBrokenFiles(folder);
      const { directory } = this.#options;
      const restored = await restoreCutState(folder, { directory, stack });
      if (restored !== undefined) {
        process.emitWarning(
          `${restored.state} was cut, as by a full disk; it was restored from ${restored.copy}, and is kept as ${restored.state}.cut`,
        );
      }
      // Also when there was nothing left to mend: another one may have been first.
      return await again();
    }
  }

  /** Where the backend has its files; undefined when it is no folder. */
  async folder(): Promise<string | undefined> {
    const { directory, engine } = this.#options;
    const { stdout } = await (await engine()).run(["whoami", "--json"], directory, {});
    const { url = "" } = JSON.parse(stdout) as { url?: string };
    return backendFolder(url, directory);
  }
}
