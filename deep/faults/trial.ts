/** Tries the cases of one stack. */
import { lostSecrets } from "../lostSecrets.ts";
import { without } from "../without.ts";
import { type Contents, contentsOf } from "./contents.ts";
import { type FaultCase, rulesOf } from "./faultCase.ts";
import { Operation, type Step, type Tenant } from "./life.ts";
import type { PlannedStep, StackPlan } from "./plan.ts";
import { errorsOf, failedTenants, unsettledTenants } from "./runResult.ts";
import { ENVIRONMENT, type TrialStack } from "./trialStack.ts";

export interface Verdict {
  tried: FaultCase;
  /** Whether any of its faults happened: a call that was not made cannot fail. */
  wasInjected: boolean;
  /** Runs until all was well, the one with the faults included. */
  runs: number;
  /** Things and secrets that should be there. */
  lost: string[];
  /** Things that should not. */
  orphans: string[];
  /** What else is wrong. Empty, like the other two, when the case ended well. */
  problems: string[];
}

export function isWell({ problems, lost, orphans }: Verdict): boolean {
  return problems.length + lost.length + orphans.length === 0;
}

/** A run with the faults, and at most so many more to get everything right. */
const MORE_RUNS = 2;

interface Difference {
  lost: string[];
  orphans: string[];
}

export interface TrialResult {
  verdicts: Verdict[];
  /** Cases that could not be tried because another tenant's failure stopped everybody, or what was to come. */
  untried: FaultCase[];
}

export class Trial {
  readonly #stack: TrialStack;
  readonly #plan: StackPlan;

  constructor(stack: TrialStack, plan: StackPlan) {
    this.#stack = stack;
    this.#plan = plan;
  }

  /** Ends early when a tenant stays broken: its failures would be taken for those of others. */
  async run(): Promise<TrialResult> {
    const { steps } = this.#plan;
    const all: TrialResult = { verdicts: [], untried: [] };
    for (const [index, planned] of steps.entries()) {
      const { verdicts, untried, isStopped } = await this.#step(planned);
      all.verdicts.push(...verdicts);
      all.untried.push(...untried);
      if (verdicts.every(isWell) && !isStopped) continue;
      all.untried.push(...steps.slice(index + 1).flatMap(({ cases }) => [...cases.values()]));
      break;
    }
    return all;
  }

  async #step({ step, cases }: PlannedStep): Promise<TrialResult & { isStopped: boolean }> {
    const { faults } = this.#stack;
    this.#stack.enter(step, this.#plan.tenants);
    const rules = [...cases].flatMap(([tenant, tried]) =>
      rulesOf(tried, tenant).map((rule) => ({ rule, tenant })),
    );
    const mark = faults.log.length;
    faults.use(rules.map(({ rule }) => rule));
    let last = await this.#stack.run(step.operation);
    const isCutShort = last.exitCode !== 0;
    faults.use([]);
    const injected = new Set(faults.log.slice(mark).map(({ rule }) => rules[rule]?.tenant.id));

    const runs = new Map<string, number>();
    let repairProblem: string | undefined;
    let wrong = await this.#wrong(last);
    let unsettled = await this.#unsettled(step, wrong);
    for (let run = 1; ; run += 1) {
      const isWrong = (id: string) => wrong.has(id) || unsettled.has(id);
      for (const { id } of this.#plan.tenants) if (!isWrong(id) && !runs.has(id)) runs.set(id, run);
      if (wrong.size + unsettled.size === 0 || run > MORE_RUNS) break;
      if (run === MORE_RUNS && wrong.size > 0) repairProblem = await this.#stack.repair();
      last = await this.#stack.run(step.operation);
      wrong = await this.#wrong(last);
      unsettled = await this.#unsettled(step, wrong);
    }
    const errors = errorsOf(last);
    const [twin] = this.#plan.tenants;
    const isStopped = twin !== undefined && wrong.has(twin.id);
    if (isStopped && errors.size === 0) {
      throw new Error(`${step.operation}: a tenant without faults did not succeed:\n${last.stdout}`);
    }
    const found: TrialResult & { isStopped: boolean } = { verdicts: [], untried: [], isStopped };
    for (const [tenant, tried] of cases) {
      const own = errors.get(tenant.id);
      const wasInjected = injected.has(tenant.id);
      // The engine deletes last, and nothing after an error.
      const hadNoChance = isStopped || (isCutShort && !wasInjected);
      if (hadNoChance && own === undefined) {
        found.untried.push(tried);
        continue;
      }
      const difference = wrong.get(tenant.id) ?? { lost: [], orphans: [] };
      const problems = [
        ...(wrong.has(tenant.id) ? [...(own ?? ["it is not as its twin"]), repairProblem ?? []].flat() : []),
        ...(unsettled.has(tenant.id) ? ["a further preview would change something"] : []),
      ];
      found.verdicts.push({
        tried,
        wasInjected,
        runs: runs.get(tenant.id) ?? MORE_RUNS + 1,
        ...difference,
        problems,
      });
    }
    return found;
  }

  /** The tenants of which a further update would change something: what was half read when it was made is made again. */
  async #unsettled({ operation }: Step, wrong: ReadonlyMap<string, unknown>): Promise<Set<string>> {
    // What is over has nothing to change, and a stack that failed has no plan to look at.
    if (wrong.size > 0 || operation === Operation.destroy) return new Set();
    return unsettledTenants(await this.#stack.preview());
  }

  /** The tenants that are not yet as they should be. */
  async #wrong(last: { stdout: string; stderr: string }): Promise<Map<string, Difference>> {
    const contents = await contentsOf(this.#stack.sandbox);
    const failed = failedTenants(last);
    const wrong = new Map<string, Difference>();
    for (const tenant of this.#plan.tenants) {
      const difference = await this.#difference(tenant, contents);
      const { lost, orphans } = difference;
      if (lost.length + orphans.length > 0 || failed.has(tenant.id)) wrong.set(tenant.id, difference);
    }
    return wrong;
  }

  async #difference({ id }: Tenant, { ofTenants }: Contents): Promise<Difference> {
    const twin = ofTenants.get(this.#plan.tenants[0]?.id ?? "") ?? [];
    const own = ofTenants.get(id) ?? [];
    const lost = [...without(twin, own), ...(await lostSecrets(this.#stack.sandbox, ENVIRONMENT, id))];
    return { lost, orphans: without(own, twin) };
  }
}
