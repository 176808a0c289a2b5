import type { Collection, Store } from "../store.ts";

export interface Account {
  /** 32 hexadecimal digits. */
  id: string;
  name: string;
  /** RFC 3339. */
  createdOn: string;
}

export class Accounts {
  readonly #accounts: Collection<Account>;
  readonly #now: () => Date;

  constructor(store: Store, now: () => Date) {
    this.#accounts = store.collection<Account>("cloudflare.accounts");
    this.#now = now;
  }

  /** Makes the account, or gives the one that is there this name. */
  ensure(account: { id: string; name: string }): void {
    if (!/^[0-9a-f]{32}$/.test(account.id)) throw new Error(`not an account id: ${account.id}`);
    const known = this.#accounts.get(account.id);
    if (known?.name === account.name) return;
    this.#accounts.put(account.id, {
      id: account.id,
      name: account.name,
      createdOn: known?.createdOn ?? this.#now().toISOString(),
    });
  }

  get(id: string): Account | undefined {
    return this.#accounts.get(id);
  }

  list(): Account[] {
    return this.#accounts.values();
  }
}
