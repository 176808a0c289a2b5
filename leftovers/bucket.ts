/** A bucket that has the name of one that should be created. */
import { BucketJurisdiction } from "../bucket/choices.ts";
import { hasStatus } from "../orphans/cloudflareCall.ts";
import { ABSENT, type Clouds, type Finding, kept, removed } from "./finding.ts";
import { listTokens, tokensOpening } from "./key.ts";

/** More than what clocks and answers round. Seconds. */
const MARGIN = 2;

interface WantedBucket {
  accountId: string;
  name: string;
  jurisdiction: string;
  /** Whether it is the very name that the program makes up for this tenant. */
  isOurName: boolean;
  /** Seconds since the update began. */
  elapsed: number;
}

/**
 * Why it has to stay; undefined when it may be deleted, which Cloudflare refuses as long as an object is in it.
 *
 * @param age of the bucket in seconds, by Cloudflare's own clock. @param openedBy names of tokens that open it.
 */
export function reasonToKeepBucket(
  { isOurName, elapsed }: Pick<WantedBucket, "isOurName" | "elapsed">,
  age: number,
  openedBy: readonly string[],
): string | undefined {
  // Somebody has its key: a run that made the bucket and was killed then had not come to the key.
  if (openedBy.length > 0) return `the token ${openedBy.join(", ")} opens it`;
  if (isOurName || age <= elapsed + MARGIN) return undefined;
  return "its name was chosen in the stack file, and it is older than this update";
}

/** Removes it when it is a leftover. */
export async function settleBucket(clouds: Clouds, wanted: WantedBucket): Promise<Finding> {
  const { r2 } = await clouds.cloudflare.client();
  const { accountId, name, jurisdiction } = wanted;
  const known = Object.values(BucketJurisdiction).find((one) => one === jurisdiction);
  const where = {
    account_id: accountId,
    ...(known !== undefined && known !== BucketJurisdiction.default && { "cf-r2-jurisdiction": known }),
  };
  const what = `the bucket ${name}`;
  const importId = `${accountId}/${name}/${jurisdiction}`;
  try {
    const { data, response } = await r2.buckets.get(name, where).withResponse();
    const age = Date.parse(response.headers.get("date") ?? "") - Date.parse(data.creation_date ?? "");
    const { tokens } = await listTokens(clouds, accountId);
    const reason = reasonToKeepBucket(wanted, age / 1000, tokensOpening(name, tokens));
    if (reason !== undefined) return kept(`${what} is there already: ${reason}`, importId);
    await r2.buckets.delete(name, where);
    return removed(`the empty ${what.slice("the ".length)}`);
  } catch (error) {
    if (hasStatus(error, 404)) return ABSENT;
    if (hasStatus(error, 409)) return kept(`${what} is there already: it has objects in it`, importId);
    throw error;
  }
}
