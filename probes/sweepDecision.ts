/** Whom a health sweep acts on, and how: decided from what it has counted, without a look at anything. */
import { Condition, SweepAction } from "../operations/choices.ts";
import { restartMayHelp } from "./condition.ts";
import type { SweepState } from "./keptProbes.ts";
import type { Probe } from "./probe.ts";

/** A tenant as the sweep has just found it. */
export interface Swept {
  probe: Pick<Probe, "condition" | "tunnelStatus">;
  /** It has hosts of ours. */
  hasHosts: boolean;
  /** AWS Systems Manager reaches its hosts. */
  sessionManager: boolean;
  /** This sweep counted. */
  state: SweepState;
}

export interface SweepLimits {
  /** False: only say what would be done. */
  act: boolean;
  /** Tenants to act on. */
  maxActions: number;
  coolDownMinutes: number;
  now: Date;
}

export const Remedy = { RestartConnector: "restart-connector", ReplaceHost: "replace-host" } as const;
export type Remedy = (typeof Remedy)[keyof typeof Remedy];

export interface Decision {
  action: SweepAction;
  /** What is to be done now. Undefined: nothing. */
  remedy: Remedy | undefined;
  detail: string;
}

/** One failed probe may be a blip. */
export const FAILURES_BEFORE_ACTION = 2;
/** Sweeps that are closer together, or run at the same time, have seen the same failure. */
export const SWEEP_GAP_SECONDS = 30;
const NEVER_SWEPT: SweepState = {
  failures: 0,
  tunnelFailures: 0,
  countedAt: new Date(0).toISOString(),
  actions: 0,
  actedAt: null,
};
/** The cool-down is doubled at each action that did not help, so often at most. */
const MOST_DOUBLINGS = 4;

/** What is unknown is neither another failure nor the end of them. @param startedAt of this sweep. */
export function counted(
  previous: SweepState | undefined,
  { condition, tunnelStatus }: Pick<Probe, "condition" | "tunnelStatus">,
  { startedAt, now }: { startedAt: Date; now: Date },
): SweepState {
  const state = { ...(previous ?? NEVER_SWEPT) };
  const isAnother = startedAt.getTime() - Date.parse(state.countedAt) >= SWEEP_GAP_SECONDS * 1000;
  const more = (count: number) => (isAnother || count === 0 ? count + 1 : count);
  if (condition === Condition.Error || condition === Condition.Degraded) {
    state.failures = more(state.failures);
  } else if (condition !== Condition.Unknown) {
    state.failures = 0;
  }
  if (condition === Condition.Disabled) {
    state.tunnelFailures = 0;
  } else if (restartMayHelp(tunnelStatus)) {
    state.tunnelFailures = more(state.tunnelFailures);
  } else if (tunnelStatus !== null) {
    state.tunnelFailures = 0;
    state.actions = 0;
  }
  const hasMore =
    state.failures > (previous?.failures ?? 0) || state.tunnelFailures > (previous?.tunnelFailures ?? 0);
  return hasMore ? { ...state, countedAt: now.toISOString() } : state;
}

/** Until when nothing is done again. Undefined: nothing was done yet. */
export function coolDownEnd({ actions, actedAt }: SweepState, coolDownMinutes: number): Date | undefined {
  if (actedAt === null) return undefined;
  const minutes = coolDownMinutes * 2 ** Math.min(Math.max(actions - 1, 0), MOST_DOUBLINGS);
  return new Date(Date.parse(actedAt) + minutes * 60_000);
}

/** In the order given. Restarting the connector comes first where that can be done, replacing the host after it. */
export function decide<T extends Swept>(swept: readonly T[], limits: SweepLimits): (T & Decision)[] {
  let actions = 0;
  return swept.map((one) => {
    const reason = whyNot(one, limits);
    if (reason !== undefined) return { ...one, ...reason, remedy: undefined };
    if (actions >= limits.maxActions) {
      const detail = `this sweep acts on no more than ${limits.maxActions}`;
      return { ...one, action: SweepAction.Postponed, remedy: undefined, detail };
    }
    actions += 1;
    const remedy =
      one.sessionManager && one.state.actions === 0 ? Remedy.RestartConnector : Remedy.ReplaceHost;
    return limits.act
      ? { ...one, action: remedy, remedy, detail: "" }
      : { ...one, action: SweepAction.Planned, remedy: undefined, detail: `would ${WORDS[remedy]}` };
  });
}

const WORDS: Record<Remedy, string> = {
  "restart-connector": "restart the connector",
  "replace-host": "replace the host",
};

function whyNot(
  { probe: { condition, tunnelStatus }, hasHosts, state }: Swept,
  { coolDownMinutes, now }: SweepLimits,
): { action: SweepAction; detail: string } | undefined {
  const none = (detail: string) => ({ action: SweepAction.None, detail });
  if (condition !== Condition.Error && condition !== Condition.Degraded) return none("");
  if (!restartMayHelp(tunnelStatus)) return none("neither a new connector nor a new host would mend this");
  if (!hasHosts) return none("it has no host of ours");
  if (state.tunnelFailures < FAILURES_BEFORE_ACTION) return none("the next sweep decides");
  const end = coolDownEnd(state, coolDownMinutes);
  if (end !== undefined && now < end) {
    return {
      action: SweepAction.CoolingDown,
      detail: `acted on at ${state.actedAt}; again after ${end.toISOString()}`,
    };
  }
  return undefined;
}

/** The counters of a tenant that is acted on. */
export function acted(state: SweepState, now: Date): SweepState {
  return { ...state, actions: state.actions + 1, actedAt: now.toISOString() };
}
