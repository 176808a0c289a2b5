/** The stack through Pulumi's Automation API. */
import type { OutputMap, Stack, UpdateSummary } from "@pulumi/pulumi/automation/stack.js";
import pRetry, { AbortError } from "p-retry";
import { NAMESPACE } from "../../config/problems.ts";
import { type DeployedTenants, parseDeployed } from "../../lifecycle/deployed.ts";
import { FOCUS, targetsOf } from "../../lifecycle/focus.ts";
import type { ProjectStacks, StackContents } from "../../orphans/known.ts";
import type { EngineStack, PastUpdate, TenantSecretValues } from "../context.ts";
import { ErrorCode, OperationError } from "../errors.ts";
import { lostUpdate } from "./cutStates.ts";
import {
  isExistingStack,
  isHalfWritten,
  isLocked,
  isMissingStack,
  UpdateFailure,
  updateFailed,
} from "./failures.ts";
import { Mender, STATE_POLL } from "./mender.ts";
import { DetachedPulumi } from "./pulumiCommand.ts";
import { stackContents } from "./stackContents.ts";
import { LOOK_BACK, type Standing, standingOf } from "./standing.ts";
import { changesSomething, type Step, StepRecorder } from "./steps.ts";

export interface AutomationStackOptions {
  /** Folder of Pulumi.yaml. */
  directory: string;
  stack: string;
  env: NodeJS.ProcessEnv;
}

export interface PreviewOptions {
  /** Stack file to use in the place of the stack's own. */
  configFile: string;
  /** Tenants whose parts alone are looked at: the stack file says so, too. Default: all. */
  focus?: readonly string[] | undefined;
  signal?: AbortSignal | undefined;
}

export interface UpdateOptions {
  signal?: AbortSignal | undefined;
  message: string;
  /** Stack file to use in the place of the stack's own. */
  configFile: string;
  /** URNs. */
  replace: readonly string[];
  /** As for a preview. */
  focus?: readonly string[] | undefined;
  /** As previewed. */
  steps: readonly Step[];
  onStep(step: Step): void;
  /** Called at the end, also of an update that fails: how many resources were created, updated, replaced, deleted. */
  onSummary?: ((changes: Readonly<Record<string, number>>) => void) | undefined;
}

/** @param outputs undefined for a stack that does not exist. */
function deployedIn(outputs: OutputMap | undefined): DeployedTenants {
  return parseDeployed(outputs?.tenants?.value);
}

export class AutomationStack implements EngineStack {
  readonly #options: AutomationStackOptions;
  readonly #mender: Mender;
  #found: Promise<DetachedPulumi> | undefined;
  #stack: Promise<Stack> | undefined;
  #deployed: DeployedTenants | undefined;
  /** Counts the updates of this process. */
  #updates = 0;

  constructor(options: AutomationStackOptions) {
    this.#options = options;
    this.#mender = new Mender({ directory: options.directory, engine: () => this.#pulumi() });
  }

  async deployed({ fresh = false }: { fresh?: boolean } = {}): Promise<DeployedTenants> {
    if (!fresh && this.#deployed !== undefined) return this.#deployed;
    const outputs = await this.#outputs();
    return this.#deployed ?? deployedIn(outputs);
  }

  async secrets(tenant: string): Promise<TenantSecretValues | undefined> {
    const all: unknown = (await this.#outputs())?.tenantSecrets?.value;
    const values = (all as Record<string, Partial<TenantSecretValues>> | undefined)?.[tenant];
    if (values === undefined) return undefined;
    const { connectorToken = null, accessKeyId = null, secretAccessKey = null } = values;
    return { connectorToken, accessKeyId, secretAccessKey };
  }

  async history(limit: number): Promise<PastUpdate[]> {
    const updates = await this.#runs(limit);
    return updates.map(({ version, kind, message, result, startTime, endTime, resourceChanges }) => ({
      version: version === 0 ? null : version,
      kind,
      message,
      result,
      startedAt: new Date(startTime).toISOString(),
      endedAt: endTime === undefined ? null : new Date(endTime).toISOString(),
      changes: { ...resourceChanges },
    }));
  }

  /** The newest first. Secrets in their settings are left out. */
  async #runs(limit: number): Promise<UpdateSummary[]> {
    const stack = await this.#existing();
    return stack === undefined ? [] : await stack.history(limit, 1, false);
  }

  async projectStacks(): Promise<ProjectStacks> {
    const stack = await this.#existing();
    if (stack === undefined) return { stacks: [], unreadable: [] };
    const { directory } = this.#options;
    const [listed, folder] = await Promise.all([stack.workspace.listStacks(), this.#mender.folder()]);
    const names = listed.map(({ name }) => name);
    const unreadable: string[] = [];
    const stacks: StackContents[] = [];
    for (const name of names) {
      try {
        const contents = stackContents(name, await this.#export(name));
        const lost = folder === undefined ? undefined : await lostUpdate(folder, { directory, stack: name });
        stacks.push({ ...contents, lost });
      } catch {
        unreadable.push(name);
      }
    }
    return { stacks, unreadable };
  }

  /** An encrypted value of the stack file. Undefined when the stack does not exist. */
  async setting(key: string): Promise<string | undefined> {
    return (await (await this.#existing())?.getConfig(key))?.value;
  }

  async standing(): Promise<Standing> {
    const runs = await this.#runs(LOOK_BACK);
    return standingOf(
      runs.map(({ kind, result, resourceChanges, config }) => ({
        kind,
        result,
        changes: { ...resourceChanges },
        isFocused: `${NAMESPACE}${FOCUS}` in config,
      })),
    );
  }

  async isSettled(): Promise<boolean> {
    return (await this.standing()).isSettled;
  }

  /** Rejects with OperationError update-failed, with the engine's words. */
  async preview({ configFile, focus, signal }: PreviewOptions): Promise<Step[]> {
    const stack = await this.#existingOrNew();
    return await pRetry(async () => {
      const recorder = new StepRecorder();
      try {
        await stack.preview({
          configFile,
          color: "never",
          onEvent: (event) => recorder.record(event),
          ...(focus !== undefined && { target: targetsOf(focus) }),
          ...(signal !== undefined && { signal }),
        });
      } catch (error) {
        this.#refuseAborted(signal);
        const failure = updateFailed("the preview", recorder.diagnostics, error);
        throw isHalfWritten(failure) ? failure : new AbortError(failure);
      }
      return recorder.all();
    }, STATE_POLL);
  }

  /**
   * One attempt, of which every part that can be done is done. Rejects with EngineCommandError while another process has
   * the stack's lock (see `isLocked`), and with UpdateFailure.
   *
   * @returns what the program complained of, though the update succeeded.
   */
  async update({
    message,
    configFile,
    replace,
    focus,
    steps,
    signal,
    onStep,
    onSummary,
  }: UpdateOptions): Promise<string[]> {
    const stack = await this.#existingOrNew();
    const recorder = new StepRecorder(steps);
    this.#deployed = undefined;
    try {
      const { outputs } = await stack.up({
        message,
        configFile,
        color: "never",
        suppressOutputs: true,
        continueOnError: true,
        onEvent: (event) => {
          const step = recorder.record(event);
          if (step !== undefined && changesSomething(step)) onStep(step);
          if (event.summaryEvent !== undefined) onSummary?.(event.summaryEvent.resourceChanges);
        },
        ...(replace.length > 0 && { replace: [...replace] }),
        ...(focus !== undefined && { target: targetsOf(focus) }),
        ...(signal !== undefined && { signal }),
      });
      this.#updates += 1;
      this.#deployed = deployedIn(outputs);
      return recorder.diagnostics;
    } catch (error) {
      this.#updates += 1;
      if (isLocked(error)) throw error;
      this.#refuseAborted(signal);
      throw new UpdateFailure(
        updateFailed("the update", recorder.diagnostics, error),
        recorder.failedTenants(),
      );
    }
  }

  /** What this stack holds, from the backend, now. Undefined when the stack does not exist. */
  async contents(): Promise<StackContents | undefined> {
    if ((await this.#existing()) === undefined) return undefined;
    const { stack } = this.#options;
    return await this.#mender.read(this.#options.stack, async () =>
      stackContents(stack, await this.#export(stack)),
    );
  }

  /**
   * Has the engine forget what an update was doing that was killed, once it has looked at what that changed or deleted.
   * It makes no call for anything else. Rejects with EngineCommandError while another process has the stack's lock.
   */
  async forgetInterrupted({ root, pending }: StackContents): Promise<void> {
    const there = pending.filter(({ action }) => action !== "creating").map(({ urn }) => urn);
    // Without a target, it would look at everything: there is nothing when there is not even the stack itself.
    const targets = root === "" ? [] : [...new Set([root, ...there])];
    await this.#refresh(["--clear-pending-creates"], targets);
  }

  /** Reads these again, and forgets those that are gone. Rejects as `forgetInterrupted`. */
  async lookAgain(urns: readonly string[]): Promise<void> {
    await this.#refresh([], urns);
  }

  async forgetDeleted(urns: readonly string[]): Promise<void> {
    const { stack, directory } = this.#options;
    const command = ["state", "delete", "--yes", "--color", "never", "--stack", stack, ...urns];
    await (await this.#pulumi()).run(command, directory, {});
  }

  async #refresh(options: readonly string[], targets: readonly string[]): Promise<void> {
    const { stack, directory } = this.#options;
    const command = ["refresh", "--yes", "--skip-preview", "--run-program=false", "--color", "never"];
    const all = [...command, "--stack", stack, ...options, ...targets.flatMap((urn) => ["--target", urn])];
    await this.#mender.around(this.#options.stack, async () =>
      (await this.#pulumi()).run(all, directory, {}),
    );
  }

  #refuseAborted(signal: AbortSignal | undefined): void {
    if (signal?.aborted !== true) return;
    throw new OperationError(ErrorCode.Aborted, "it was stopped; the engine finished what was under way", {
      ways: ["run it again to complete it"],
    });
  }

  /** Its secrets stay encrypted: those of another stack may have another key. */
  async #export(stack: string): Promise<string> {
    const { stdout } = await (await this.#pulumi()).run(
      ["stack", "export", "--stack", stack],
      this.#options.directory,
      {},
    );
    return stdout;
  }

  /** All as if they were secret: some are. */
  async #readOutputs(stack: string): Promise<OutputMap> {
    const command = ["stack", "output", "--json", "--show-secrets", "--stack", stack];
    const { stdout } = await (await this.#pulumi()).run(command, this.#options.directory, {});
    const values = JSON.parse(stdout) as Record<string, unknown>;
    return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, { value, secret: true }]));
  }

  /** Also what is known to be deployed is that from then on. */
  async #outputs(): Promise<OutputMap | undefined> {
    const stack = await this.#existing();
    const updates = this.#updates;
    const outputs = await this.#mender.read(this.#options.stack, async () => stack?.outputs());
    // What was read before an update ended is old.
    if (updates === this.#updates) {
      this.#deployed = deployedIn(outputs);
    }
    return outputs;
  }

  async #existing(): Promise<Stack | undefined> {
    try {
      return await this.#mender.read(this.#options.stack, () => this.#open(false));
    } catch (error) {
      if (isMissingStack(error)) return undefined;
      throw error;
    }
  }

  /** Another process may make it at the same time. */
  async #existingOrNew(): Promise<Stack> {
    const existing = await this.#existing();
    if (existing !== undefined) return existing;
    return await this.#open(true).catch((error: unknown) => {
      if (isExistingStack(error)) return this.#open(false);
      throw error;
    });
  }

  #open(create: boolean): Promise<Stack> {
    this.#stack ??= this.#load(create).catch((error: unknown) => {
      this.#stack = undefined;
      throw error;
    });
    return this.#stack;
  }

  /** Looked for once: it is asked for its version. */
  #pulumi(): Promise<DetachedPulumi> {
    this.#found ??= DetachedPulumi.find(this.#options.env).catch((error: unknown) => {
      this.#found = undefined;
      throw error;
    });
    return this.#found;
  }

  async #load(create: boolean): Promise<Stack> {
    const { directory, stack, env } = this.#options;
    const [{ LocalWorkspace }, { Stack }, pulumiCommand] = await Promise.all([
      import("@pulumi/pulumi/automation/localWorkspace.js"),
      import("@pulumi/pulumi/automation/stack.js"),
      this.#pulumi(),
    ]);
    const envVars = Object.fromEntries(
      Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
    );
    const workspace = await LocalWorkspace.create({ workDir: directory, envVars, pulumiCommand });
    // The API's own run the engine once more to know which are secret, and once more after an update for its summary.
    workspace.stackOutputs = (name) => this.#readOutputs(name);
    const opened = await (create ? Stack.create(stack, workspace) : Stack.select(stack, workspace));
    opened.info = async () => undefined;
    return opened;
  }
}
