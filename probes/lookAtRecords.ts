/** Whether every hostname of a tenant leads to its tunnel. */
import type { CloudflareApi } from "../clients/cloudflareApi.ts";
import { because, plain } from "../clients/failureText.ts";
import { recordContent } from "../tunnel/recordContent.ts";
import { RecordsFinding } from "./condition.ts";
import { CALL } from "./lookAtTunnel.ts";

export interface RecordsReference {
  zoneId: string;
  hostnames: readonly string[];
  tunnelId: string;
  /** In the comments of the tenant's records. */
  mark: string;
}

export interface RecordsLook {
  finding: RecordsFinding;
  /** Which hostname, or why it could not be asked. */
  detail: string;
}

/** More than a tenant may have hostnames. */
const PAGE = 100;
/** Hostnames that are named; the others are counted. */
const NAMED = 3;

/** One call, for the records that carry the tenant's mark or lead to its tunnel. Never rejects. */
export async function lookAtRecords(
  api: CloudflareApi,
  { zoneId, hostnames, tunnelId, mark }: RecordsReference,
  signal: AbortSignal,
): Promise<RecordsLook> {
  const target = recordContent(tunnelId);
  try {
    const client = await api.client();
    const { result } = await client.dns.records.list(
      {
        zone_id: zoneId,
        match: "any",
        content: { exact: target },
        comment: { exact: mark },
        per_page: PAGE,
      },
      { ...CALL, signal },
    );
    const problems = hostnames.flatMap((hostname) => {
      const record = result.find(({ name, type }) => name.toLowerCase() === hostname && type === "CNAME");
      if (record === undefined) return [`${hostname} has none`];
      if (record.content?.toLowerCase() !== target) {
        return [`${hostname} leads to ${plain(record.content ?? "nothing")}`];
      }
      return record.proxied === true ? [] : [`${hostname} is not proxied`];
    });
    if (problems.length === 0) return { finding: RecordsFinding.Right, detail: "" };
    const more = problems.length > NAMED ? `, and ${problems.length - NAMED} more` : "";
    return {
      finding: RecordsFinding.Wrong,
      detail: `${problems.slice(0, NAMED).join(", ")}${more}`,
    };
  } catch (error) {
    return { finding: RecordsFinding.Unasked, detail: because(error, [api.apiToken]) };
  }
}
