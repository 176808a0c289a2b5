/** Looks at Cloudflare's list of a tunnel's connectors, bounded and shared by the hosts that wait for theirs. */

/**
 * Milliseconds after each look but the last: six calls in one update, whatever is replaced, over five minutes. Cloudflare
 * allows 1,200 in 5 minutes for everything that a user does.
 */
const PAUSES = [2_000, 10_000, 30_000, 90_000, 180_000];
const LOOK_LIMIT = PAUSES.length + 1;

/** What Cloudflare says of a connector. */
export const Look = {
  connected: "connected",
  /** Not yet; a later look may tell. */
  missing: "missing",
  /** It was looked for more than once, and no look is left. */
  givenUp: "given up",
  /** It came when there was hardly a look left: Cloudflare cannot be asked about it any more. */
  unasked: "unasked",
} as const;
export type Look = (typeof Look)[keyof typeof Look];

export class ConnectorLooks {
  readonly #list: () => Promise<readonly string[]>;
  readonly #now: () => number;
  /** How often each was looked for. */
  readonly #lookedFor = new Map<string, number>();
  #connected: readonly string[] = [];
  #looks = 0;
  #next = Number.NEGATIVE_INFINITY;
  #underWay: Promise<void> | undefined;

  /**
   * @param list UUIDs of the connectors that have connections; each call of it is a call of the API.
   * @param now in milliseconds.
   */
  constructor(list: () => Promise<readonly string[]>, now: () => number) {
    this.#list = list;
    this.#now = now;
  }

  /** How often Cloudflare was asked. */
  get count(): number {
    return this.#looks;
  }

  /** Asks Cloudflare if it is time to. @throws Error when Cloudflare does not answer. */
  async at(connectorId: string): Promise<Look> {
    if (this.#underWay !== undefined || (this.#looks < LOOK_LIMIT && this.#now() >= this.#next)) {
      this.#lookedFor.set(connectorId, this.#timesLookedFor(connectorId) + 1);
      this.#underWay ??= this.#look().finally(() => {
        this.#underWay = undefined;
      });
      await this.#underWay;
    }
    if (this.#connected.includes(connectorId)) return Look.connected;
    if (this.#looks < LOOK_LIMIT) return Look.missing;
    return this.#timesLookedFor(connectorId) > 1 ? Look.givenUp : Look.unasked;
  }

  #timesLookedFor(connectorId: string): number {
    return this.#lookedFor.get(connectorId) ?? 0;
  }

  async #look(): Promise<void> {
    this.#next = this.#now() + (PAUSES[this.#looks] ?? 0);
    this.#looks += 1;
    this.#connected = await this.#list();
  }
}
