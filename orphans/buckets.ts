import { BucketJurisdiction } from "../bucket/choices.ts";
import { OrphanKind } from "../operations/choices.ts";
import { clientOf, deleteIfThere, hasStatus, type RequestOptions } from "./cloudflareCall.ts";
import type { Candidate } from "./decide.ts";
import { bucketOwner, namePrefix } from "./mark.ts";
import { type Accounts, Kept, type OrphanSource, timeOf } from "./source.ts";

const PER_PAGE = 1000;

/** Buckets in all jurisdictions. Only empty ones can be deleted: Cloudflare refuses the others. */
export const buckets: OrphanSource = {
  kind: OrphanKind.Bucket,

  async list(accounts) {
    const found: Candidate[] = [];
    for (const jurisdiction of Object.values(BucketJurisdiction)) {
      found.push(...(await listIn(accounts, jurisdiction)));
    }
    return found;
  },

  async delete(accounts, { id, jurisdiction }) {
    const { client, options } = await clientOf(accounts);
    const where = { account_id: accounts.accountId, ...inJurisdiction(jurisdiction) };
    try {
      await deleteIfThere(client.r2.buckets.delete(id, where, options));
    } catch (error) {
      if (notEmpty(error)) throw new Kept("it is not empty");
      throw error;
    }
  },
};

/** Cloudflare's code for a bucket with objects or unfinished uploads in it. */
function notEmpty(error: unknown): boolean {
  return hasStatus(error, 409) || (error instanceof Error && /"code":\s*10008\b/.test(error.message));
}

function inJurisdiction(jurisdiction: string | undefined) {
  const known = Object.values(BucketJurisdiction).find((one) => one === jurisdiction);
  return known === undefined || known === BucketJurisdiction.default ? {} : { "cf-r2-jurisdiction": known };
}

async function listIn(accounts: Accounts, jurisdiction: BucketJurisdiction): Promise<Candidate[]> {
  const { client, options } = await clientOf(accounts);
  const found: Candidate[] = [];
  let last: string | undefined;
  for (;;) {
    const query = {
      account_id: accounts.accountId,
      name_contains: namePrefix(accounts.environment),
      per_page: PER_PAGE,
      ...(last !== undefined && { start_after: last }),
      ...inJurisdiction(jurisdiction),
    };
    const page = await pageOf(client.r2.buckets.list(query, options), jurisdiction, options);
    for (const { name = "", creation_date } of page) {
      const owner = bucketOwner(accounts.environment, name);
      if (owner === undefined) continue;
      const createdAt = timeOf(creation_date);
      found.push({ kind: OrphanKind.Bucket, id: name, name, ...owner, createdAt, jurisdiction });
    }
    last = page.at(-1)?.name;
    if (page.length < PER_PAGE || last === undefined) return found;
  }
}

type ListedBucket = { name?: string; creation_date?: string };

async function pageOf(
  request: PromiseLike<{ buckets?: ListedBucket[] }>,
  jurisdiction: BucketJurisdiction,
  { signal }: RequestOptions,
): Promise<ListedBucket[]> {
  try {
    return (await request).buckets ?? [];
  } catch (error) {
    signal?.throwIfAborted();
    // An account that may not use a jurisdiction has no bucket in it.
    if (jurisdiction !== BucketJurisdiction.default && hasStatus(error, 400, 403)) return [];
    throw error;
  }
}
