/**
 * The states of a tenant and the ways between them.
 *
 *     absent --enroll--> active --disable--> disabled --enable--> active
 *                                            disabled --purge--> disabled, may go --remove--> absent
 *
 * A disabled tenant may go when its retention is over or when somebody says purge. Nothing else leads to absent: a
 * tenant that just disappears from the list is lost, and the program refuses to destroy it.
 */

/** What becomes of a disabled tenant's bucket. */
export const BucketFate = {
  /** Protected. */
  Kept: "kept",
  /** No longer protected, about to be deleted. */
  Released: "released",
  Deleted: "deleted",
} as const;
export type BucketFate = (typeof BucketFate)[keyof typeof BucketFate];

/** Times are RFC 3339 in UTC. */
export interface Disabled {
  since: string;
  keepUntil: string;
  bucket: BucketFate;
  /** The rest may go. */
  purge: boolean;
}

export type State = { kind: "active" } | ({ kind: "disabled" } & Disabled) | { kind: "absent" };

export type Event =
  | { kind: "enroll" }
  /** `renew`: one that is disabled already is kept until then, instead of the time it had. */
  | { kind: "disable"; now: string; keepUntil: string; renew?: boolean }
  | { kind: "enable" }
  /** The bucket is to go now; the tenant stays disabled. */
  | { kind: "release-bucket" }
  | { kind: "delete-bucket" }
  /** `waived`: somebody said that the retention does not matter. */
  | { kind: "purge"; now: string; waived: boolean }
  | { kind: "remove" };

export const Refusal = {
  NotThere: "not-there",
  Disabled: "disabled",
  NotDisabled: "not-disabled",
  RetentionNotOver: "retention-not-over",
  NotPurged: "not-purged",
  NotReleased: "not-released",
} as const;
export type Refusal = (typeof Refusal)[keyof typeof Refusal];

export type Transition = { state: State; refusal?: undefined } | { state?: undefined; refusal: Refusal };

/** True when the retention is over. */
export function isDue({ keepUntil }: Pick<Disabled, "keepUntil">, now: string): boolean {
  return Date.parse(keepUntil) <= Date.parse(now);
}

/** Where an event leads. The same event again changes nothing. */
export function transition(state: State, event: Event): Transition {
  if (event.kind === "enroll") {
    return state.kind === "disabled" ? { refusal: Refusal.Disabled } : { state: { kind: "active" } };
  }
  if (state.kind === "absent") {
    return event.kind === "remove" ? { state } : { refusal: Refusal.NotThere };
  }
  if (event.kind === "disable") {
    if (state.kind === "disabled") {
      return { state: event.renew === true ? { ...state, keepUntil: event.keepUntil } : state };
    }
    const { now, keepUntil } = event;
    return { state: { kind: "disabled", since: now, keepUntil, bucket: BucketFate.Kept, purge: false } };
  }
  if (event.kind === "enable") return { state: { kind: "active" } };
  if (state.kind === "active") return { refusal: Refusal.NotDisabled };
  return fromDisabled(state, event);
}

function fromDisabled(
  state: Extract<State, { kind: "disabled" }>,
  event: Extract<Event, { kind: "release-bucket" | "delete-bucket" | "purge" | "remove" }>,
): Transition {
  switch (event.kind) {
    case "release-bucket":
      return { state: state.bucket === BucketFate.Kept ? { ...state, bucket: BucketFate.Released } : state };
    case "delete-bucket":
      if (state.bucket === BucketFate.Kept) return { refusal: Refusal.NotReleased };
      return { state: { ...state, bucket: BucketFate.Deleted } };
    case "purge": {
      if (!state.purge && !event.waived && !isDue(state, event.now))
        return { refusal: Refusal.RetentionNotOver };
      const bucket = state.bucket === BucketFate.Kept ? BucketFate.Released : state.bucket;
      return { state: { ...state, bucket, purge: true } };
    }
    case "remove":
      return state.purge ? { state: { kind: "absent" } } : { refusal: Refusal.NotPurged };
  }
}
