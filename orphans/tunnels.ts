import { OrphanKind } from "../operations/choices.ts";
import { clientOf, deleteIfThere } from "./cloudflareCall.ts";
import type { Candidate } from "./decide.ts";
import { namePrefix, tunnelOwner } from "./mark.ts";
import { type OrphanSource, timeOf } from "./source.ts";

export const tunnels: OrphanSource = {
  kind: OrphanKind.Tunnel,

  async list(accounts) {
    const { client, options } = await clientOf(accounts);
    const query = {
      account_id: accounts.accountId,
      is_deleted: false,
      include_prefix: namePrefix(accounts.environment),
      per_page: 1000,
    };
    const found: Candidate[] = [];
    for await (const { id, name = "", created_at } of client.zeroTrust.tunnels.cloudflared.list(
      query,
      options,
    )) {
      const owner = tunnelOwner(accounts.environment, name);
      if (id === undefined || owner === undefined) continue;
      found.push({ kind: OrphanKind.Tunnel, id, name, ...owner, createdAt: timeOf(created_at) });
    }
    return found;
  },

  /** Cloudflare refuses to delete a tunnel with connections. */
  async delete(accounts, { id }) {
    const { client, options } = await clientOf(accounts);
    const account = { account_id: accounts.accountId };
    const { cloudflared } = client.zeroTrust.tunnels;
    await deleteIfThere(cloudflared.connections.delete(id, account, options));
    await deleteIfThere(cloudflared.delete(id, account, options));
  },
};
