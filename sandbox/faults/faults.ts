/** Decides which calls go wrong, and remembers which did. */
import { createHash } from "node:crypto";
import type { FaultKind, FaultPlace, ResourceOperation } from "./kinds.ts";
import { FaultKind as Kind } from "./kinds.ts";
import { type FaultRule, type FaultRuleInput, faultRulesSchema } from "./rule.ts";

export interface FaultCall {
  where: FaultPlace;
  /** `POST /client/v4/accounts/…/cfd_tunnel`, `ec2:RunInstances`, `create aws:ec2/instance:Instance` */
  call: string;
  /** False for calls that only look. */
  writes: boolean;
  /** URN of the resource for which it is made; absent for calls of operations and of hosts. */
  resource?: string | undefined;
  operation?: ResourceOperation | undefined;
}

export interface InjectedFault extends FaultCall {
  /** RFC 3339. */
  time: string;
  kind: FaultKind;
  /** Index of the rule, from 0. */
  rule: number;
  /** Which of the calls that fit the rule, from 1. */
  number: number;
}

interface Selector {
  rule: FaultRule;
  call: RegExp;
  resource: RegExp;
  /** Calls that fitted, whether or not they went wrong. */
  fitted: number;
  /** By call and resource, so that chance does not depend on the order among resources. */
  fittedByCall: Map<string, number>;
}

const ANY = /(?:)/;

function selector(rule: FaultRule): Selector {
  return {
    rule,
    call: rule.call === undefined ? ANY : new RegExp(rule.call),
    resource: rule.resource === undefined ? ANY : new RegExp(rule.resource),
    fitted: 0,
    fittedByCall: new Map(),
  };
}

function fits({ rule, call, resource }: Selector, made: FaultCall): boolean {
  return (
    (rule.where === undefined || rule.where === made.where) &&
    (rule.operation === undefined || rule.operation === made.operation) &&
    (rule.resource === undefined || (made.resource !== undefined && resource.test(made.resource))) &&
    (rule.kind !== Kind.staleRead || !made.writes) &&
    call.test(made.call)
  );
}

/** Evenly distributed from 0 up to but not 1; the same for the same words. */
export function chance(...words: (string | number)[]): number {
  return createHash("sha256").update(JSON.stringify(words)).digest().readUInt32BE() / 2 ** 32;
}

export class Faults {
  /** What was injected, oldest first. */
  readonly log: InjectedFault[] = [];
  /** Called for every fault, as it is injected. */
  onInjected: ((fault: InjectedFault) => void) | undefined;
  /** How often rules were put in force: what was done under others is long ago. */
  generation = 0;
  #selectors: Selector[] = [];
  readonly #listeners = new Set<(call: FaultCall) => void>();

  /** Throws ZodError on rules that mean nothing. */
  constructor(rules: readonly FaultRuleInput[] = []) {
    this.use(rules);
  }

  /** Puts other rules in force; all counts begin anew. */
  use(rules: readonly FaultRuleInput[]): void {
    this.#selectors = faultRulesSchema.parse(rules).map(selector);
    this.generation += 1;
  }

  get areAny(): boolean {
    return this.#selectors.length > 0;
  }

  /** Whether a rule is about stale reads: only then need anybody remember how things were. */
  get needHistory(): boolean {
    return this.#selectors.some(({ rule }) => rule.kind === Kind.staleRead);
  }

  /** Calls the listener for every call that is asked about. Returns the function that ends that. */
  onCall(listener: (call: FaultCall) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * The first rule by which this call goes wrong. Every rule that it fits counts it. `isPossible` says whether a rule's
   * fault can happen to this call at all.
   */
  decide(made: FaultCall, isPossible: (rule: FaultRule) => boolean = () => true): FaultRule | undefined {
    for (const listener of this.#listeners) listener(made);
    let decided: FaultRule | undefined;
    for (const [index, candidate] of this.#selectors.entries()) {
      if (!fits(candidate, made) || !isPossible(candidate.rule)) continue;
      const number = count(candidate, made);
      if (decided !== undefined || !goesWrong(candidate, made, number)) continue;
      decided = candidate.rule;
      const time = new Date().toISOString();
      const injected = { ...made, time, kind: candidate.rule.kind, rule: index, number };
      this.log.push(injected);
      this.onInjected?.(injected);
    }
    return decided;
  }
}

const keyOf = ({ call, resource, operation }: FaultCall) => [operation, resource, call].join(" ");

function count(candidate: Selector, made: FaultCall): number {
  candidate.fitted += 1;
  const key = keyOf(made);
  candidate.fittedByCall.set(key, (candidate.fittedByCall.get(key) ?? 0) + 1);
  return candidate.fitted;
}

function goesWrong({ rule, fittedByCall }: Selector, made: FaultCall, number: number): boolean {
  if (rule.calls !== undefined && !rule.calls.includes(number)) return false;
  if (rule.probability === 1) return true;
  const key = keyOf(made);
  return chance(rule.seed, key, fittedByCall.get(key) ?? 0) < rule.probability;
}
