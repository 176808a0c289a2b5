import { OrphanKind } from "../operations/choices.ts";
import { tunnelIn } from "../tunnel/recordContent.ts";
import { clientOf, deleteIfThere } from "./cloudflareCall.ts";
import type { Candidate } from "./decide.ts";
import { commentPrefix, recordOwner } from "./mark.ts";
import { type OrphanSource, timeOf } from "./source.ts";

/** Records of the zone with our mark as their comment. */
export const records: OrphanSource = {
  kind: OrphanKind.Record,

  async list(accounts) {
    const { client, options } = await clientOf(accounts);
    const query = {
      zone_id: accounts.zoneId,
      comment: { startswith: commentPrefix(accounts.environment) },
      per_page: 1000,
    };
    const found: Candidate[] = [];
    for await (const record of client.dns.records.list(query, options)) {
      const { id, name, comment, created_on } = record;
      const owner = recordOwner(accounts.environment, comment ?? "");
      if (owner === undefined) continue;
      const tunnelId = tunnelIn("content" in record ? String(record.content) : undefined);
      const createdAt = timeOf(created_on);
      found.push({ kind: OrphanKind.Record, id, name, ...owner, createdAt, tunnelId });
    }
    return found;
  },

  async delete(accounts, { id }) {
    const { client, options } = await clientOf(accounts);
    await deleteIfThere(client.dns.records.delete(id, { zone_id: accounts.zoneId }, options));
  },
};
