/**
 * The engine's own commands on the states of two stacks.
 *
 * `pulumi state move` writes the target first and then the source, and gives the target its own back when the source cannot
 * be written; killed between the two, it leaves the resources in both. It holds a stack's lock only while it writes, and
 * reads before: an update that runs meanwhile would be lost, so that none may. Copies of the providers go along, and must
 * not differ from those that the target has. Secrets are encrypted anew with the target's key. Source: pulumi,
 * `pkg/cmd/pulumi/state/state_move.go`.
 */
import pRetry from "p-retry";
import { isHalfWritten, isMissingStack } from "../../engine/failures.ts";
import { DetachedPulumi } from "../../engine/pulumiCommand.ts";
import { parseState, type StackState } from "./stackState.ts";

/** While another process writes a state, it cannot be read for a moment. */
const STATE_POLL = { retries: 20, minTimeout: 200, maxTimeout: 1_000, randomize: true };

export interface StateCommandsOptions {
  /** Folder of Pulumi.yaml. */
  directory: string;
  env: NodeJS.ProcessEnv;
}

/** Without an engine, for tests. */
export type States = Pick<StateCommands, "read" | "move" | "forget">;

export class StateCommands {
  readonly #options: StateCommandsOptions;
  #found: Promise<DetachedPulumi> | undefined;

  constructor(options: StateCommandsOptions) {
    this.#options = options;
  }

  /** One without anything for a stack that does not exist. @throws EngineCommandError */
  async read(stack: string): Promise<StackState> {
    const shouldRetry = ({ error }: { error: Error }) => isHalfWritten(error);
    try {
      return await pRetry(() => this.#read(stack), { ...STATE_POLL, shouldRetry });
    } catch (error) {
      if (isMissingStack(error)) return parseState("{}");
      throw error;
    }
  }

  /** @param urns all of them: the engine takes along only what it is told, and their children. @throws EngineCommandError */
  async move(urns: readonly string[], from: string, to: string): Promise<void> {
    await this.#run(["state", "move", "--yes", "--color", "never", "--source", from, "--dest", to, ...urns]);
  }

  /** Forgets them, protected ones as well; in the clouds they stay. @throws EngineCommandError */
  async forget(urns: readonly string[], stack: string): Promise<void> {
    await this.#run(["state", "delete", "--yes", "--force", "--color", "never", "--stack", stack, ...urns]);
  }

  async #read(stack: string): Promise<StackState> {
    return parseState(await this.#run(["stack", "export", "--stack", stack]));
  }

  async #run(command: string[]): Promise<string> {
    const { directory, env } = this.#options;
    this.#found ??= DetachedPulumi.find(env);
    return (await (await this.#found).run(command, directory, {})).stdout;
  }
}
