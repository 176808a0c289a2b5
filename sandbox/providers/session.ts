import { EngineLog } from "./engineLog.ts";

/**
 * What one engine has told a provider over one connection: where its log is, and the configuration.
 *
 * A provider of the sandbox serves many engines, one after the other and side by side, and within one engine each
 * provider resource of the program (two regions, two API tokens) has a connection of its own.
 */
export class Session<Client> {
  /** Absent until the engine has configured the provider. */
  configured: { client: Client } | undefined;
  #log: EngineLog | undefined;
  #abort = new AbortController();

  /** Aborted when the engine cancels what it has under way. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  attach(engineAddress: string): void {
    this.#log?.close();
    this.#log = engineAddress === "" ? undefined : new EngineLog(engineAddress);
  }

  warn(urn: string, message: string): void {
    this.#log?.warn(urn, message);
  }

  /** Aborts what is under way; what comes later is not affected. */
  cancel(): void {
    this.#abort.abort(new Error("canceled by the engine"));
    this.#abort = new AbortController();
  }

  close(): void {
    this.cancel();
    this.#log?.close();
  }
}

/** Sessions by the engine's end of the connection. */
export class Sessions<Client> {
  /** Connections that are over are not announced; the oldest sessions give way beyond this number. */
  static readonly #LIMIT = 1000;
  readonly #sessions = new Map<string, Session<Client>>();
  #latest: Session<Client> | undefined;

  /** The session of a connection. One that was re-established after a pause goes on with the latest configuration. */
  of(peer: string): Session<Client> {
    return this.#sessions.get(peer) ?? this.#latest ?? this.open(peer);
  }

  /** The session of a connection on which the engine introduces itself or configures the provider. */
  open(peer: string): Session<Client> {
    const known = this.#sessions.get(peer);
    if (known !== undefined) return known;
    const session = new Session<Client>();
    this.#sessions.set(peer, session);
    this.#latest = session;
    const [oldest] = this.#sessions;
    if (this.#sessions.size > Sessions.#LIMIT && oldest !== undefined) {
      oldest[1].close();
      this.#sessions.delete(oldest[0]);
    }
    return session;
  }

  closeAll(): void {
    for (const session of this.#sessions.values()) session.close();
    this.#sessions.clear();
  }
}
