/** Looks at Cloudflare's list of a tunnel's connectors, bounded and shared by the hosts that wait for theirs. */

/** Calls in one update, for all hosts of a tunnel: Cloudflare allows 1,200 in 5 minutes for everything that a user does. */
const LOOK_LIMIT = 6;

export class ConnectorLooks {
  readonly #list: () => Promise<readonly string[]>;
  #left = LOOK_LIMIT;
  #underWay: Promise<readonly string[]> | undefined;

  /** @param list UUIDs of the connectors that have connections; each call of it is a call of the API. */
  constructor(list: () => Promise<readonly string[]>) {
    this.#list = list;
  }

  get exhausted(): boolean {
    return this.#left === 0;
  }

  /** Whether the connector has connections. @throws Error when Cloudflare does not answer, or no look is left. */
  async isConnected(connectorId: string): Promise<boolean> {
    this.#underWay ??= this.#look().finally(() => {
      this.#underWay = undefined;
    });
    return (await this.#underWay).includes(connectorId);
  }

  async #look(): Promise<readonly string[]> {
    if (this.exhausted) throw new Error(`Cloudflare was asked ${LOOK_LIMIT} times`);
    this.#left -= 1;
    return await this.#list();
  }
}
