/**
 * Changes of one stack, one after another. What waits at the same time is done in one update of the engine: ten sign-ups
 * at once take two updates and not ten.
 */
import PQueue from "p-queue";
import type { DeployedTenants } from "../../lifecycle/deployed.ts";
import { ResourceType } from "../../naming/resourceTypes.ts";
import type { StackContents } from "../../orphans/known.ts";
import type { BringOptions } from "../context.ts";
import { type Call, type ProgressEvent, ProgressKind } from "../contract.ts";
import { ErrorCode, OperationError } from "../errors.ts";
import { reportTo } from "../report.ts";
import type { AutomationStack, UpdateOptions } from "./automationStack.ts";
import { awaitLock } from "./awaitLock.ts";
import { isLocked, UpdateFailure } from "./failures.ts";
import { deployedIn, type StackState } from "./focus.ts";
import { listedStates, unintended, unintendedError } from "./intent.ts";
import { type Previewed, previewNamed } from "./namedPreview.ts";
import { withAllowance, withFocus, withOverlay } from "./overlay.ts";
import { commit, isAsProposed, type Proposal, type ProposalSource, propose } from "./proposal.ts";
import { changesSomething, isDestructive, type Step } from "./steps.ts";

/** How often the list may move between a preview and its update. */
const ATTEMPTS = 10;
/** What is wrong for everybody who waits: one by one it would be no better. */
const OF_ALL: ReadonlySet<ErrorCode> = new Set([
  ErrorCode.StackLocked,
  ErrorCode.ListConflict,
  ErrorCode.Aborted,
]);

type Tell = (event: Omit<ProgressEvent, "time">) => void;

export interface ChangesOptions extends ProposalSource {
  /** As users call it. */
  stack: string;
  engine: AutomationStack;
  /** How long to wait for the lock of another process. */
  lockPatienceSeconds: number;
  /** Mends what an update left that was killed or failed. Rejects while another process has the stack's lock. */
  mend(contents: StackContents, tell: Tell, signal: AbortSignal): Promise<void>;
  /** Called with what is deployed now. */
  onDeployed(deployed: DeployedTenants): Promise<void>;
}

interface Request {
  change: BringOptions;
  call: Call;
  resolve(): void;
  reject(error: unknown): void;
}

export class Changes {
  readonly #options: ChangesOptions;
  readonly #queue = new PQueue({ concurrency: 1 });
  #waiting: Request[] = [];

  constructor(options: ChangesOptions) {
    this.#options = options;
  }

  /**
   * Makes the change of the list durable and brings the stack there. Does nothing when it is there already.
   * @throws OperationError unintended-changes, and then neither list nor stack was changed; those of the engine.
   */
  bring(change: BringOptions, call: Call): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      if (this.#queue.pending > 0) {
        reportTo(call, {
          kind: ProgressKind.Waiting,
          message: `another operation works on ${this.#options.stack}`,
        });
      }
      this.#waiting.push({ change, call, resolve, reject });
      void this.#queue.add(() => this.#work());
    });
  }

  /** The steps that the change would take, and the list that it would make. Changes nothing. */
  async plan(
    change: BringOptions,
    call: Call,
  ): Promise<{ steps: Step[] } & Pick<Proposal, "before" | "entries">> {
    const proposal = await propose(this.#options, [change]);
    const state = await this.#state();
    const { steps } = await previewNamed(this.#options.engine, proposal, [change], state, call.signal);
    this.#refuseUnintended(proposal, [change], steps, state);
    return { steps: steps.filter(changesSomething), before: proposal.before, entries: proposal.entries };
  }

  idle(): Promise<void> {
    return this.#queue.onIdle();
  }

  async #work(): Promise<void> {
    const batch = this.#waiting.splice(0).filter(({ call, reject }) => {
      if (call.signal?.aborted !== true) return true;
      reject(new OperationError(ErrorCode.Aborted, "it was stopped before it began; nothing was changed"));
      return false;
    });
    if (batch.length === 0) return;
    await this.#bringTogether(batch);
  }

  /**
   * All at once. One by one when that is refused before anything was changed, so that nobody fails for another's sake;
   * and what failed afterwards concerns only those of whose tenants something failed.
   */
  async #bringTogether(batch: readonly Request[]): Promise<void> {
    let failure: UpdateFailure | undefined;
    try {
      failure = await this.#run(batch);
    } catch (error) {
      const isOfAll = error instanceof OperationError && OF_ALL.has(error.code);
      if (batch.length === 1 || isOfAll) for (const { reject } of batch) reject(error);
      else for (const request of batch) await this.#bringTogether([request]);
      return;
    }
    for (const { change, resolve, reject } of batch) {
      if (failure?.concerns(change.tenants) === true) reject(failure.error);
      else resolve();
    }
  }

  /** @returns what went wrong once the list was changed. */
  async #run(batch: readonly Request[]): Promise<UpdateFailure | undefined> {
    const { stack, list } = this.#options;
    const signal = allAborted(batch.map(({ call }) => call.signal));
    const changes = batch.map(({ change }) => change);
    const tell: Tell = (event) => {
      for (const { call } of batch) reportTo(call, event);
    };
    let lockedSince: number | undefined;
    let isMended = false;
    for (let attempt = 1; attempt <= ATTEMPTS; ) {
      const proposal = await propose(this.#options, changes);
      if (await this.#isThere(proposal, changes)) return undefined;
      tell({ kind: ProgressKind.Previewing, message: `previewing ${stack}` });
      const found = await this.#state();
      // Of the update that was killed, state and history tell nothing any more.
      const state = { ...found, isUntouched: found.isUntouched && !isMended };
      const previewed = await previewNamed(this.#options.engine, proposal, changes, state, signal);
      this.#refuseUnintended(proposal, changes, previewed.steps, state);
      tell({ kind: ProgressKind.Previewed, message: countSteps(previewed.steps) });
      if (proposal.isChanged) {
        attempt += 1;
        if (!(await commit(this.#options, proposal, changes))) continue;
        tell({ kind: ProgressKind.ListChanged, message: `changed ${list.location}` });
      }
      try {
        const broken = brokenIn(state);
        if (broken !== undefined && !isMended) {
          await this.#options.mend(broken, tell, signal);
          isMended = true;
          // That takes its time, and the state is another one now: all is looked at again.
          continue;
        }
        if (!(await isAsProposed(this.#options, proposal))) {
          attempt += 1;
          continue;
        }
        await this.#update(changes, previewed, signal, tell);
        return undefined;
      } catch (error) {
        if (error instanceof UpdateFailure) return error;
        if (!isLocked(error)) throw error;
        lockedSince ??= performance.now();
        await awaitLock(this.#options, error, lockedSince, signal, tell);
      }
    }
    throw new OperationError(
      ErrorCode.ListConflict,
      `${list.location} is changed by somebody else all the time`,
      {
        ways: ["run it again"],
      },
    );
  }

  /** True when the last update ended well with these tenants as the list has them. */
  async #isThere({ configuration, isChanged }: Proposal, changes: readonly BringOptions[]): Promise<boolean> {
    if (isChanged || changes.some(({ replaceHostsOf = [] }) => replaceHostsOf.length > 0)) return false;
    const { engine } = this.#options;
    const [{ tenants }, isSettled] = await Promise.all([
      engine.deployed({ fresh: true }),
      engine.isSettled(),
    ]);
    const listed = new Map(configuration.tenants.map((tenant) => [tenant.id, tenant]));
    return (
      isSettled &&
      changes.every((change) =>
        change.tenants.every((id) => listed.get(id)?.entryDigest === tenants.get(id)?.entryDigest),
      )
    );
  }

  /** What is deployed now: another process may have changed it. */
  async #state(): Promise<StackState> {
    const { engine } = this.#options;
    const [contents, standing] = await Promise.all([engine.contents(), engine.standing()]);
    return { contents, ...standing };
  }

  #refuseUnintended(
    { configuration }: Proposal,
    changes: readonly BringOptions[],
    steps: readonly Step[],
    state: StackState,
  ): void {
    const before = { deployed: deployedIn(state), isSettled: state.isSettled };
    const found = unintended(steps, changes, listedStates(configuration), before);
    if (found.length > 0) throw unintendedError(this.#options.stack, found);
  }

  async #update(
    changes: readonly BringOptions[],
    { steps, named, focus }: Previewed,
    signal: AbortSignal,
    tell: Tell,
  ): Promise<void> {
    const { engine, stack, readStackFile, onDeployed, mend } = this.#options;
    const total = steps.filter(changesSomething).length;
    let done = 0;
    const replaced = new Set(changes.flatMap(({ replaceHostsOf = [] }) => replaceHostsOf));
    const hosts = steps.filter(({ type, tenant }) => type === ResourceType.instance && replaced.has(tenant));
    tell({ kind: ProgressKind.Updating, message: `updating ${stack}`, total });
    const begun = new Set<string>();
    const now = new Date();
    const text = withFocus(withAllowance((await readStackFile()).text, named, now), focus, now);
    const options: Omit<UpdateOptions, "configFile"> = {
      message: [...new Set(changes.map(({ message }) => message))].join(", "),
      replace: [...new Set(hosts.map(({ urn }) => urn))],
      focus,
      steps,
      signal,
      onStep: ({ action, name, tenant, urn }) => {
        done += 1;
        begun.add(`${action} ${urn}`);
        tell({
          kind: ProgressKind.Resource,
          message: `${action} ${name}`,
          tenant,
          done: Math.min(done, total),
          total,
        });
      },
    };
    const update = withOverlay(text, (configFile) => engine.update({ ...options, configFile }));
    const complaints = await update.catch((error: unknown) => {
      if (!(error instanceof UpdateFailure)) throw error;
      // The engine deletes last, and nothing at all when the program has failed before.
      const left = steps.filter(
        (step) => isDestructive(step) && step.tenant !== "" && !begun.has(`${step.action} ${step.urn}`),
      );
      throw error.andOf(left.map(({ tenant }) => tenant));
    });
    await onDeployed(await engine.deployed());
    for (const complaint of complaints) tell({ kind: ProgressKind.Note, message: complaint });
    // What could not be mended while it ran may be now.
    const contents = complaints.length > 0 ? await engine.contents() : undefined;
    if (contents !== undefined) await mend(contents, tell, signal);
    tell({ kind: ProgressKind.Updated, message: `${stack} is as the list says` });
  }
}

/** What the stack holds, when the last update was killed or has failed. */
function brokenIn({ contents, isSettled }: StackState): StackContents | undefined {
  return contents !== undefined && (contents.pending.length > 0 || !isSettled) ? contents : undefined;
}

/** Aborts when every one of them has: what is done for several goes on for those who still wait. */
function allAborted(signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  const all = new AbortController();
  const check = () => {
    if (signals.every((signal) => signal?.aborted === true)) all.abort();
  };
  for (const signal of signals) signal?.addEventListener("abort", check, { once: true });
  check();
  return all.signal;
}

function countSteps(steps: readonly Step[]): string {
  const changing = steps.filter(changesSomething);
  const destroyed = changing.filter(isDestructive).length;
  return `${changing.length} steps, of which ${destroyed} delete or replace`;
}
