/** One listing for all who ask at the same moment. */
export class SharedListing<T> {
  #running: Promise<unknown> | undefined;
  #next: Promise<T> | undefined;

  /** One that is under way may have passed what a later caller looks for: they share the next one, when it is done. */
  get(list: () => Promise<T>): Promise<T> {
    this.#next ??= this.#begin(list);
    return this.#next;
  }

  async #begin(list: () => Promise<T>): Promise<T> {
    await this.#running;
    this.#next = undefined;
    const listing = list();
    const running = listing.then(
      () => {},
      () => {},
    );
    this.#running = running;
    try {
      return await listing;
    } finally {
      if (this.#running === running) this.#running = undefined;
    }
  }
}
