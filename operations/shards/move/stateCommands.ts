/**
 * The engine's own commands on the states of two stacks.
 *
 * `pulumi state move` writes the target first and then the source, and gives the target its own back when the source cannot
 * be written; killed between the two, it leaves the resources in both. It holds a stack's lock only while it writes, and
 * reads before: an update that runs meanwhile would be lost, so that none may. Copies of the providers go along, and must
 * not differ from those that the target has. Secrets are encrypted anew with the target's key. Source: pulumi,
 * `pkg/cmd/pulumi/state/state_move.go`.
 */
import { isMissingStack } from "../../engine/failures.ts";
import { Mender } from "../../engine/mender.ts";
import { DetachedPulumi } from "../../engine/pulumiCommand.ts";
import { parseState, type StackState } from "./stackState.ts";

export interface StateCommandsOptions {
  /** Folder of Pulumi.yaml. */
  directory: string;
  env: NodeJS.ProcessEnv;
}

/** Without an engine, for tests. */
export type States = Pick<StateCommands, "read" | "move" | "forget">;

export class StateCommands {
  readonly #options: StateCommandsOptions;
  readonly #mender: Mender;
  #found: Promise<DetachedPulumi> | undefined;

  constructor(options: StateCommandsOptions) {
    this.#options = options;
    this.#mender = new Mender({ directory: options.directory, engine: () => this.#engine() });
  }

  /** One without anything for a stack that does not exist. @throws EngineCommandError */
  async read(stack: string): Promise<StackState> {
    try {
      return await this.#mender.read(stack, async () =>
        parseState(await this.#run(["stack", "export", "--stack", stack])),
      );
    } catch (error) {
      if (isMissingStack(error)) return parseState("{}");
      throw error;
    }
  }

  /** @param urns all of them: the engine takes along only what it is told, and their children. @throws EngineCommandError */
  async move(urns: readonly string[], from: string, to: string): Promise<void> {
    const command = ["state", "move", "--yes", "--color", "never", "--source", from, "--dest", to, ...urns];
    await this.#mender.around(from, () => this.#run(command));
  }

  /** Forgets them, protected ones as well; in the clouds they stay. @throws EngineCommandError */
  async forget(urns: readonly string[], stack: string): Promise<void> {
    const command = ["state", "delete", "--yes", "--force", "--color", "never", "--stack", stack, ...urns];
    await this.#mender.around(stack, () => this.#run(command));
  }

  async #run(command: string[]): Promise<string> {
    return (await (await this.#engine()).run(command, this.#options.directory, {})).stdout;
  }

  async #engine(): Promise<DetachedPulumi> {
    this.#found ??= DetachedPulumi.find(this.#options.env);
    return await this.#found;
  }
}
