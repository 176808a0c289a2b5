/**
 * Changes of one stack, one after another. What waits at the same time is done in one update of the engine: ten sign-ups
 * at once take two updates and not ten.
 */
import { setTimeout } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import PQueue from "p-queue";
import type { DeployedTenants } from "../../lifecycle/deployed.ts";
import { BucketFate } from "../../lifecycle/states.ts";
import type { ListDocument, ListSnapshot, TenantList } from "../../tenantList/tenantList.ts";
import { checkConfiguration, type StackFile } from "../configuration.ts";
import type { BringOptions, Configuration } from "../context.ts";
import { type Call, ProgressKind } from "../contract.ts";
import { ErrorCode, OperationError } from "../errors.ts";
import { reportTo } from "../report.ts";
import type { AutomationStack } from "./automationStack.ts";
import { draft } from "./draft.ts";
import { isDeadHolder, isLocked, lockedError, lockHolder, UpdateFailure } from "./failures.ts";
import { unintended } from "./intent.ts";
import { withOverlay, withTenants } from "./overlay.ts";
import type { EngineCommandError } from "./pulumiCommand.ts";
import { isDestructive, type Step } from "./steps.ts";

const INSTANCE = "aws:ec2/instance:Instance";
/** How often the list may move between a preview and its update. */
const ATTEMPTS = 10;
const SHOWN = 20;
/** Milliseconds between two attempts to get the lock, at least. */
const LOCK_PAUSE = 500;

export interface ChangesOptions {
  /** As users call it. */
  stack: string;
  list: TenantList;
  engine: AutomationStack;
  /** How long to wait for the lock of another process. */
  lockPatienceSeconds: number;
  readStackFile(): Promise<StackFile>;
  /** Called with what is deployed now. */
  onDeployed(deployed: DeployedTenants): Promise<void>;
}

interface Request {
  change: BringOptions;
  call: Call;
  resolve(): void;
  reject(error: unknown): void;
}

/** What the engine was shown. */
interface Proposal {
  configuration: Configuration;
  /** What the list says. */
  before: readonly Record<string, unknown>[];
  /** What it would say. */
  entries: readonly Record<string, unknown>[];
  /** Of the list before. */
  version: string;
  isChanged: boolean;
  /** Everything else in the stack file. */
  settings: unknown;
  stackFileText: string;
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
  ): Promise<{ steps: Step[]; before: ListSnapshot; entries: readonly Record<string, unknown>[] }> {
    const before = await this.#options.list.read(call.signal);
    const proposal = await this.#propose([change]);
    const steps = await this.#preview(proposal, call.signal);
    await this.#refuseUnintended(proposal, [change], steps);
    return { steps: steps.filter(({ action }) => action !== "same"), before, entries: proposal.entries };
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
      const [first, ...others] = batch;
      if (others.length === 0) first?.reject(error);
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
    const tell = (event: Parameters<typeof reportTo>[1]) => {
      for (const { call } of batch) reportTo(call, event);
    };
    let lockedSince: number | undefined;
    for (let attempt = 1; attempt <= ATTEMPTS; ) {
      const proposal = await this.#propose(changes);
      if (await this.#isThere(proposal, changes)) return undefined;
      tell({ kind: ProgressKind.Previewing, message: `previewing ${stack}` });
      const steps = await this.#preview(proposal, signal);
      await this.#refuseUnintended(proposal, changes, steps);
      tell({ kind: ProgressKind.Previewed, message: countSteps(steps) });
      if (proposal.isChanged) {
        attempt += 1;
        if (!(await this.#commit(proposal, changes))) continue;
        tell({ kind: ProgressKind.ListChanged, message: `changed ${list.location}` });
      }
      if (!(await this.#isAsPreviewed(proposal))) {
        attempt += 1;
        continue;
      }
      try {
        await this.#update(changes, steps, signal, tell);
        return undefined;
      } catch (error) {
        if (error instanceof UpdateFailure) return error;
        if (!isLocked(error)) throw error;
        lockedSince ??= performance.now();
        await this.#awaitLock(error, lockedSince, signal, tell);
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

  /** Whoever has it may change list and settings: afterwards all is looked at again. */
  async #awaitLock(
    locked: EngineCommandError,
    since: number,
    signal: AbortSignal,
    tell: (event: Parameters<typeof reportTo>[1]) => void,
  ): Promise<void> {
    const { stack, engine, lockPatienceSeconds } = this.#options;
    const holder = lockHolder(locked);
    if (isDeadHolder(holder)) {
      await engine.unlock();
      return;
    }
    const waited = (performance.now() - since) / 1000;
    if (waited >= lockPatienceSeconds) throw lockedError(stack, locked, Math.round(waited));
    const who = holder === undefined ? "another update" : `${holder.user}@${holder.host}`;
    tell({ kind: ProgressKind.Waiting, message: `${stack} is locked by ${who}` });
    // Not all who wait should come back at the same time.
    await setTimeout(LOCK_PAUSE * (1 + Math.random()), undefined, { signal });
  }

  /** False when settings or list have moved since. */
  async #isAsPreviewed({ entries, settings }: Proposal): Promise<boolean> {
    const { list, readStackFile } = this.#options;
    const present = settingsOf(await readStackFile());
    return isDeepStrictEqual(present, settings) && isDeepStrictEqual((await list.read()).entries, entries);
  }

  async #propose(changes: readonly BringOptions[]): Promise<Proposal> {
    const { list, readStackFile } = this.#options;
    const [file, snapshot] = [await readStackFile(), await list.read()];
    const document = draft(snapshot.entries);
    for (const { edit } of changes)
      edit?.(document, checkConfiguration(file, { ...snapshot, entries: document.entries() }));
    const entries = document.entries();
    const configuration = checkConfiguration(file, { ...snapshot, entries });
    const isChanged = JSON.stringify(entries) !== JSON.stringify(snapshot.entries);
    return {
      configuration,
      before: snapshot.entries,
      entries,
      version: snapshot.version,
      isChanged,
      settings: settingsOf(file),
      stackFileText: file.text,
    };
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

  /** What is deployed is read at the same time: another process may have changed it. */
  async #preview({ stackFileText, entries }: Proposal, signal: AbortSignal | undefined): Promise<Step[]> {
    const { engine } = this.#options;
    const preview = withOverlay(withTenants(stackFileText, entries), (configFile) =>
      engine.preview({ configFile, signal }),
    );
    const [steps] = await Promise.all([preview, engine.deployed({ fresh: true })]);
    return steps;
  }

  async #refuseUnintended(
    { configuration }: Proposal,
    changes: readonly BringOptions[],
    steps: readonly Step[],
  ) {
    const { engine } = this.#options;
    const listed = configuration.tenants.map(({ id, disabled, bucket, needsNetwork, entryDigest }) => ({
      id,
      isDisabled: disabled !== undefined,
      isBucketDeleted: disabled?.bucket === BucketFate.Deleted,
      keyGenerations: bucket?.keyGenerations ?? [],
      needsNetwork,
      entryDigest,
    }));
    if (!steps.some(isDestructive)) return;
    const before = { deployed: await engine.deployed(), isSettled: await engine.isSettled() };
    const found = unintended(steps, changes, listed, before);
    if (found.length === 0) return;
    const lines = found
      .slice(0, SHOWN)
      .map(
        ({ action, type, name, tenant }) =>
          `  ${action} ${name} (${type})${tenant === "" ? "" : ` of ${tenant}`}`,
      );
    if (found.length > SHOWN) lines.push(`  and ${found.length - SHOWN} more`);
    throw new OperationError(
      ErrorCode.UnintendedChanges,
      `it would also destroy what it is not for; nothing was changed:\n${lines.join("\n")}`,
      {
        ways: [
          `look at them: pulumi preview --stack ${this.#options.stack} --diff`,
          "when they are meant, bring the stack there by `pulumi up` first; when not, put right what the stack file says",
        ],
      },
    );
  }

  /** False when the list is not the one any more that was previewed. */
  async #commit(proposal: Proposal, changes: readonly BringOptions[]): Promise<boolean> {
    const { list, readStackFile } = this.#options;
    const file = await readStackFile();
    const previewed = JSON.stringify(proposal.before);
    try {
      await list.change((document: ListDocument) => {
        const entries = document.entries();
        if (JSON.stringify(entries) !== previewed) throw new ListMoved();
        for (const { edit } of changes) {
          const present = { entries: document.entries(), version: proposal.version, location: list.location };
          edit?.(document, checkConfiguration(file, present));
        }
      });
      return true;
    } catch (error) {
      if (error instanceof ListMoved) return false;
      throw error;
    }
  }

  async #update(
    changes: readonly BringOptions[],
    steps: readonly Step[],
    signal: AbortSignal,
    tell: (event: Parameters<typeof reportTo>[1]) => void,
  ): Promise<void> {
    const { engine, stack, onDeployed } = this.#options;
    const total = steps.filter(({ action }) => action !== "same").length;
    let done = 0;
    const replaced = new Set(changes.flatMap(({ replaceHostsOf = [] }) => replaceHostsOf));
    const hosts = steps.filter(({ type, tenant }) => type === INSTANCE && replaced.has(tenant));
    tell({ kind: ProgressKind.Updating, message: `updating ${stack}`, total });
    const begun = new Set<string>();
    const update = engine.update({
      message: [...new Set(changes.map(({ message }) => message))].join(", "),
      replace: [...new Set(hosts.map(({ urn }) => urn))],
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
    });
    await update.catch((error: unknown) => {
      if (!(error instanceof UpdateFailure)) throw error;
      // The engine deletes last, and nothing at all when the program has failed before.
      const left = steps.filter(
        (step) => isDestructive(step) && step.tenant !== "" && !begun.has(`${step.action} ${step.urn}`),
      );
      throw error.andOf(left.map(({ tenant }) => tenant));
    });
    await onDeployed(await engine.deployed());
    tell({ kind: ProgressKind.Updated, message: `${stack} is as the list says` });
  }
}

/** Ends an edit whose list is not the previewed one. */
class ListMoved extends Error {}

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

/** The stack file without its list, and without what the engine writes into it. */
function settingsOf({ raw }: StackFile): unknown {
  const { tenants: _, ...settings } = raw;
  return settings;
}

function countSteps(steps: readonly Step[]): string {
  const changing = steps.filter(({ action }) => action !== "same");
  const destroyed = changing.filter(isDestructive).length;
  return `${changing.length} steps, of which ${destroyed} delete or replace`;
}
