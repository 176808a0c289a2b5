/** Counts calls of an API in a SQLite file that all processes of a user share. */
import { chmodSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

export interface CallLimit {
  /** Calls that may be made in any time of this length. */
  calls: number;
  windowMilliseconds: number;
}

/** How long another process may hold the file; each does so for less than a millisecond. */
const BUSY_MILLISECONDS = 2_000;
/** Calls are kept for so long, whatever window those have who count them: the longest there may be. */
const KEPT_MILLISECONDS = 3_600_000;
/** Answers round to seconds: two that end within this time tell about the same window. */
const SAME_WINDOW_MILLISECONDS = 2_000;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS calls (key TEXT NOT NULL, time INTEGER NOT NULL);
  CREATE INDEX IF NOT EXISTS calls_by_time ON calls (key, time);
  CREATE TABLE IF NOT EXISTS told (key TEXT PRIMARY KEY, remaining INTEGER NOT NULL, until INTEGER NOT NULL);
`;

interface State {
  /** Calls that may be made now; never negative. */
  left: number;
  /** Until one more may be made; 0 when it may be now. */
  waitMilliseconds: number;
}

/** Every method throws when the file cannot be used. */
export class CallCounter {
  readonly #database: DatabaseSync;
  readonly #key: string;
  readonly #limit: CallLimit;
  readonly #now: () => number;

  /** @param file `:memory:` for a count of this process alone. @param key whose calls are counted. */
  constructor(file: string, key: string, limit: CallLimit, now: () => number) {
    if (file !== ":memory:") mkdirSync(dirname(file), { recursive: true });
    this.#database = new DatabaseSync(file, { timeout: BUSY_MILLISECONDS });
    this.#key = key;
    this.#limit = limit;
    this.#now = now;
    // What a power failure loses is old by the time that the machine is up again.
    this.#database.exec(`PRAGMA synchronous = OFF; ${SCHEMA}`);
    if (file !== ":memory:") chmodSync(file, 0o600);
  }

  /** Counts one call and returns 0, or returns the milliseconds until it may be tried again. @param reserve calls that are left to others. */
  take(reserve: number): number {
    return this.#exclusively((now) => {
      const { left, waitMilliseconds } = this.#state(now, reserve);
      if (left === 0) return waitMilliseconds;
      this.#database.prepare("INSERT INTO calls VALUES (?, ?)").run(this.#key, now);
      this.#database.prepare("UPDATE told SET remaining = remaining - 1 WHERE key = ?").run(this.#key);
      return 0;
    });
  }

  /** Calls that may be made now. */
  left(reserve: number): number {
    return this.#state(this.#now(), reserve).left;
  }

  /** What the API says itself: it will answer so many more calls for the next so many milliseconds, to whomever. */
  tell(remaining: number, milliseconds: number): void {
    this.#exclusively((now) => {
      // Of answers about one window the lowest counts, since they may come in any order.
      this.#database
        .prepare(
          `INSERT INTO told VALUES (:key, :remaining, :until) ON CONFLICT (key) DO UPDATE SET
             remaining = iif(told.until < :until - ${SAME_WINDOW_MILLISECONDS} OR told.until <= :now, :remaining, min(told.remaining, :remaining)),
             until = :until
           WHERE told.until <= :until + ${SAME_WINDOW_MILLISECONDS} OR told.until <= :now`,
        )
        .run({ key: this.#key, remaining, until: now + milliseconds, now });
    });
  }

  close(): void {
    this.#database.close();
  }

  #state(now: number, reserve: number): State {
    const { calls, windowMilliseconds } = this.#limit;
    const since = now - windowMilliseconds;
    const used = this.#number(
      "SELECT count(*) AS value FROM calls WHERE key = ? AND time > ?",
      this.#key,
      since,
    );
    const ours = calls - reserve - (used ?? 0);
    const until = this.#number("SELECT until AS value FROM told WHERE key = ?", this.#key) ?? now;
    const told = this.#number("SELECT remaining AS value FROM told WHERE key = ?", this.#key) ?? 0;
    const theirs = until > now ? told - reserve : ours;
    if (ours > 0 && theirs > 0) return { left: Math.min(ours, theirs), waitMilliseconds: 0 };

    // So many of the oldest have to leave the window until there is room for one.
    const oldest =
      ours > 0
        ? undefined
        : this.#number(
            "SELECT time AS value FROM calls WHERE key = ? AND time > ? ORDER BY time LIMIT 1 OFFSET ?",
            this.#key,
            since,
            -ours,
          );
    const forOurs = oldest === undefined ? 0 : oldest + windowMilliseconds - now;
    return { left: 0, waitMilliseconds: Math.max(1, forOurs, theirs > 0 ? 0 : until - now) };
  }

  #number(query: string, ...parameters: (string | number)[]): number | undefined {
    const row = this.#database.prepare(query).get(...parameters);
    return row === undefined ? undefined : Number(row["value"]);
  }

  #exclusively<T>(work: (now: number) => T): T {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const now = this.#now();
      // The second condition is for a clock that was set back.
      this.#database
        .prepare("DELETE FROM calls WHERE time <= ? OR time > ?")
        .run(now - KEPT_MILLISECONDS, now);
      const result = work(now);
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }
}
