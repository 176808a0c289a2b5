/** One of the two stacks between which a tenant moves. */

import type { DeployedTenants } from "../../../lifecycle/deployed.ts";
import { openTenantList } from "../../../tenantList/openTenantList.ts";
import type { TenantList } from "../../../tenantList/tenantList.ts";
import { checkConfiguration, readStackFile, type StackFile } from "../../configuration.ts";
import type { Configuration } from "../../context.ts";
import { AutomationStack } from "../../engine/automationStack.ts";
import { UpdateFailure } from "../../engine/failures.ts";
import { withArriving, withOverlay, withTenants } from "../../engine/overlay.ts";
import type { Step } from "../../engine/steps.ts";
import { changesSomething } from "../../engine/steps.ts";

/**
 * What is in the state alone: providers, and components, whose parts are listed by themselves. A stack's first tenant brings
 * some, and its last one takes them along.
 */
const IN_STATE_ALONE = /^(?:pulumi|tenant-edge):/;

export interface MovingStackOptions {
  /** Folder of Pulumi.yaml. */
  directory: string;
  /** Name of the stack, as its file has it. */
  stack: string;
  env: NodeJS.ProcessEnv;
}

export class MovingStack {
  readonly stack: string;
  readonly list: TenantList;
  /** True when the list lies elsewhere: then the stack's file does not tell the others what it has. */
  readonly isListShared: boolean;
  readonly #options: MovingStackOptions;
  readonly #engine: AutomationStack;

  private constructor(options: MovingStackOptions, list: TenantList, isListShared: boolean) {
    this.stack = options.stack;
    this.list = list;
    this.isListShared = isListShared;
    this.#options = options;
    this.#engine = new AutomationStack(options);
  }

  /** @throws OperationError invalid-configuration when there is no such stack file. */
  static async open(options: MovingStackOptions): Promise<MovingStack> {
    const { tenantList } = (await readStackFile(options.directory, options.stack)).raw;
    const shared = typeof tenantList === "string" ? tenantList : undefined;
    const list = await openTenantList({ ...options, tenantList: shared });
    return new MovingStack(options, list, shared !== undefined);
  }

  readFile(): Promise<StackFile> {
    return readStackFile(this.#options.directory, this.stack);
  }

  /** @param added entry that the list does not have yet. @throws OperationError invalid-configuration with every problem. */
  async configuration(added?: Record<string, unknown>): Promise<Configuration> {
    const [file, { entries, location }] = await Promise.all([this.readFile(), this.list.read()]);
    const all = added === undefined ? entries : [...entries, added];
    return checkConfiguration(file, { entries: all, location });
  }

  /** Whether the last update ended well. */
  isSettled(): Promise<boolean> {
    return this.#engine.isSettled();
  }

  /** Returns when no update is under way. Rejects with EngineCommandError while one is. */
  async awaitUpdates(root: string): Promise<void> {
    // Reads the stack itself, of which no cloud knows: all that it needs is the lock.
    await this.#engine.lookAgain([root]);
  }

  /** What an update would change in the clouds, as the file and the list are now. @throws OperationError with the engine's words. */
  async pendingSteps(signal: AbortSignal | undefined): Promise<Step[]> {
    return await this.#preview((await this.readFile()).text, signal);
  }

  /**
   * Has the outputs say that the tenant comes from another stack, when nothing at all changes otherwise. Its entry may be
   * listed already: this run goes without. Rejects as `update`.
   *
   * @returns what would change otherwise; then nothing was done.
   */
  async announce(tenant: string, message: string, signal: AbortSignal | undefined): Promise<Step[]> {
    const [{ text }, { entries }] = await Promise.all([this.readFile(), this.list.read()]);
    const others = entries.filter(({ id }) => id !== tenant);
    const without = others.length === entries.length ? text : withTenants(text, others);
    const announcing = () => withArriving(without, [tenant], new Date());
    const steps = await this.#preview(announcing(), signal);
    if (steps.length === 0) await this.#update(announcing(), message, signal);
    return steps;
  }

  async #preview(text: string, signal: AbortSignal | undefined): Promise<Step[]> {
    const steps = await withOverlay(text, (configFile) => this.#engine.preview({ configFile, signal }));
    return steps.filter((step) => changesSomething(step) && !IN_STATE_ALONE.test(step.type));
  }

  /**
   * Updates a stack of which a preview has just shown that no resource changes, so that its outputs say who is there.
   * Rejects with EngineCommandError while another process has the lock. @throws OperationError
   *
   * @returns what they say.
   */
  async update(message: string, signal: AbortSignal | undefined): Promise<DeployedTenants> {
    await this.#update((await this.readFile()).text, message, signal);
    return await this.#engine.deployed();
  }

  async #update(text: string, message: string, signal: AbortSignal | undefined): Promise<void> {
    const options = { message, signal, replace: [], steps: [], onStep: () => {} };
    try {
      await withOverlay(text, (configFile) => this.#engine.update({ ...options, configFile }));
    } catch (error) {
      throw error instanceof UpdateFailure ? error.error : error;
    }
  }
}
