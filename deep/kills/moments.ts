/** When to kill: by the calls that a run makes, which can be tried again, and by the clock. */
import type { AwsInterceptor } from "../../sandbox/aws/cloud.ts";
import type { Intercept } from "../../sandbox/cloudflare/api.ts";
import { chance } from "../../sandbox/faults/faults.ts";

/** Either `call` (0 for the first one) with milliseconds after it, or milliseconds after the start of the run. */
export interface Moment {
  readonly call?: number;
  /** Only calls of this operation of AWS count: `ec2:CreateSubnet`. Default: all calls to both clouds. */
  readonly operation?: string;
  readonly milliseconds: number;
}

/** What a run makes when it is left alone. */
export interface Measured {
  /** To both clouds. */
  calls: number;
  /** On an idle machine. */
  seconds: number;
}

/** Of the moments that go by calls; the others go by the clock alone. */
const BY_CALL = 0.8;
/** Of those, the share that is hit while the call is under way; the others up to {@link LONGEST_DELAY} later. */
const UNDER_WAY = 0.5;
const LONGEST_DELAY = 250;

/** The same for the same words. */
export function drawMoment({ calls, seconds }: Measured, ...words: (string | number)[]): Moment {
  const draw = (what: string) => chance(...words, what);
  if (draw("by call") >= BY_CALL) return { milliseconds: Math.round(draw("milliseconds") * seconds * 1000) };
  const call = Math.floor(draw("call") * calls);
  const isUnderWay = draw("under way") < UNDER_WAY;
  return { call, milliseconds: isUnderWay ? 0 : Math.ceil(draw("milliseconds") * LONGEST_DELAY) };
}

export function describeMoment({ call, operation, milliseconds }: Moment): string {
  return call === undefined
    ? `${milliseconds} ms after its start`
    : `${milliseconds} ms after call ${call + 1}${operation === undefined ? "" : ` of ${operation}`} was received`;
}

/** Sees every call that the engine and the operations make, and acts at a moment. */
export class Tap {
  #calls = 0;
  #moment: Moment | undefined;
  #act: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;

  /** From now on: counts anew, and acts once at the moment. */
  set(moment: Moment | undefined, act: () => void = () => {}): void {
    clearTimeout(this.#timer);
    this.#calls = 0;
    this.#moment = moment;
    this.#act = act;
    if (moment !== undefined && moment.call === undefined) {
      this.#timer = setTimeout(act, moment.milliseconds);
    }
  }

  readonly cloudflare: Intercept = () => {
    this.#count();
    return undefined;
  };

  readonly aws: AwsInterceptor = (call, proceed) => {
    // Hosts call at times of their own.
    if (call.caller.arn.includes(":user/")) this.#count(call.operation);
    return proceed();
  };

  #count(operation?: string): void {
    if (this.#moment?.operation !== undefined && this.#moment.operation !== operation) return;
    const isDue = this.#calls === this.#moment?.call;
    this.#calls += 1;
    if (!isDue) return;
    if (this.#moment?.milliseconds === 0) this.#act();
    else this.#timer = setTimeout(this.#act, this.#moment?.milliseconds);
  }
}
