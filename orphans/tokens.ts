import { OrphanKind } from "../operations/choices.ts";
import { clientOf, deleteIfThere } from "./cloudflareCall.ts";
import type { Candidate } from "./decide.ts";
import { keyOwner } from "./mark.ts";
import { type OrphanSource, timeOf } from "./source.ts";

interface Policy {
  resources: Record<string, unknown>;
}

/** Tokens of the account that are keys of one bucket of ours, by their name and by what they open. */
export const tokens: OrphanSource = {
  kind: OrphanKind.Token,

  async list(accounts) {
    const { client, options } = await clientOf(accounts);
    const { accountId, environment } = accounts;
    const found: Candidate[] = [];
    const query = { account_id: accountId, per_page: 50 };
    for await (const { id, name = "", issued_on, last_used_on, policies } of client.accounts.tokens.list(
      query,
      options,
    )) {
      const owner = keyOwner(environment, name);
      if (id === undefined || owner === undefined || !opensOnly(policies, accountId, owner.bucket)) continue;
      const { tenant, bucket, generation } = owner;
      const key = { bucket, generation };
      found.push({
        kind: OrphanKind.Token,
        id,
        name,
        tenant,
        createdAt: timeOf(issued_on),
        lastUsedAt: timeOf(last_used_on),
        key,
      });
    }
    return found;
  },

  async delete(accounts, { id }) {
    const { client, options } = await clientOf(accounts);
    await deleteIfThere(client.accounts.tokens.delete(id, { account_id: accounts.accountId }, options));
  },
};

/** As `bucket/tokenPolicy.ts` makes them, in any jurisdiction. */
function opensOnly(policies: readonly Policy[] | undefined, accountId: string, bucket: string): boolean {
  const resources = (policies ?? []).flatMap((policy) => Object.keys(policy.resources));
  const own = new RegExp(`^com\\.cloudflare\\.edge\\.r2\\.bucket\\.${accountId}_[a-z]+_${bucket}$`);
  return resources.length > 0 && resources.every((resource) => own.test(resource));
}
