/** Calendar months in UTC. */

/** From `from`, up to and without `to`. */
export interface TimeRange {
  from: Date;
  to: Date;
}

/** `2026-11`. */
export function monthOf(time: Date): string {
  return time.toISOString().slice(0, 7);
}

/** The whole month; the present one until now. Undefined for one that has not begun. @param month as `2026-11`. */
export function monthRange(month: string, now: Date): TimeRange | undefined {
  const from = new Date(`${month}-01T00:00:00Z`);
  const next = new Date(from);
  next.setUTCMonth(next.getUTCMonth() + 1);
  return from > now ? undefined : { from, to: next > now ? now : next };
}

/** The range in pieces that are no longer than that, in order. */
export function windows({ from, to }: TimeRange, longestSeconds: number): TimeRange[] {
  const pieces: TimeRange[] = [];
  for (let start = from; start < to; ) {
    const end = new Date(Math.min(start.getTime() + longestSeconds * 1000, to.getTime()));
    pieces.push({ from: start, to: end });
    start = end;
  }
  return pieces;
}
