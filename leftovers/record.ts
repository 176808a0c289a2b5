/** A DNS record that has the name of one that should be created. */
import { tunnelIn } from "../tunnel/recordContent.ts";
import { ABSENT, type Clouds, type Finding, kept, removed } from "./finding.ts";
import { isDeletedTunnel } from "./tunnel.ts";

export interface RecordFacts {
  /** Whether it has the mark of the very same tenant. */
  hasOurMark: boolean;
  /** Whether it leads where the new one should. */
  hasSameContent: boolean;
  /** Whether it leads to a tunnel that this very account has deleted. */
  leadsNowhere: boolean;
  /** Whether a resource of the program has it, or may have it. */
  isInUse: boolean;
}

/** Why it has to stay; undefined for a leftover of ours: it leads to this tenant's own tunnel, or nowhere. */
export function reasonToKeepRecord(facts: RecordFacts): string | undefined {
  if (!facts.hasOurMark) return "it does not have this tenant's mark in its comment";
  if (facts.isInUse) return "another record of this tenant has (or had) the hostname";
  if (facts.hasSameContent || facts.leadsNowhere) return undefined;
  return "it leads to another tunnel, which this account has not deleted";
}

interface WantedRecord {
  zoneId: string;
  /** For the tunnels of the account. */
  accountId: string;
  name: string;
  content: string;
  /** The mark. */
  comment: string;
}

/** Removes it when it is a leftover. @param isInUse tells whether the program has a record of this id. */
export async function settleRecord(
  clouds: Clouds,
  wanted: WantedRecord,
  isInUse: (id: string) => boolean,
): Promise<Finding> {
  const { dns } = await clouds.cloudflare.client();
  const zone = { zone_id: wanted.zoneId };
  let finding = ABSENT;
  for await (const record of dns.records.list({ ...zone, name: { exact: wanted.name } })) {
    const { id, name, type } = record;
    if (name !== wanted.name) continue;
    const content = "content" in record ? String(record.content) : "";
    const reason = reasonToKeepRecord({
      hasOurMark: wanted.comment !== "" && record.comment === wanted.comment,
      isInUse: isInUse(id),
      hasSameContent: content === wanted.content,
      leadsNowhere: type === "CNAME" && (await leadsNowhere(clouds, wanted.accountId, content)),
    });
    const what = `the record ${type} ${name}`;
    if (reason !== undefined)
      return kept(`${what} (${id}) is there already: ${reason}`, `${wanted.zoneId}/${id}`);
    await dns.records.delete(id, zone);
    finding = removed(what);
  }
  return finding;
}

/** A tunnel that is unheard of may be another account's. */
async function leadsNowhere(clouds: Clouds, accountId: string, content: string): Promise<boolean> {
  const tunnelId = tunnelIn(content);
  return tunnelId !== undefined && (await isDeletedTunnel(clouds, accountId, tunnelId));
}
