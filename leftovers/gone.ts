/**
 * What a state still has and its cloud has no more: Cloudflare's answer to a deletion was lost, or somebody deleted it by
 * hand. Its deletion is refused from then on (404), and what waits for it is never deleted either.
 */
import { tenantNames } from "../naming/names.ts";
import { OrphanKind } from "../operations/choices.ts";
import type { Candidate } from "../orphans/decide.ts";
import type { HeldResource } from "../orphans/known.ts";
import type { Accounts } from "../orphans/source.ts";
import { KIND_OF } from "./kinds.ts";
import { isDeletedTunnel } from "./tunnel.ts";

const LISTED: ReadonlySet<OrphanKind | undefined> = new Set([
  OrphanKind.Tunnel,
  OrphanKind.Record,
  OrphanKind.Bucket,
  OrphanKind.Token,
]);

/**
 * Those that seem to be gone: the engine has to look at each. A bucket whose name was chosen is in no listing, nor are its
 * tokens: nothing is known about them.
 *
 * @param candidates everything with our mark. @param held what the stack's state has.
 */
export function seemGone(
  environment: string,
  candidates: readonly Candidate[],
  held: readonly HeldResource[],
): HeldResource[] {
  const there = new Set(candidates.map(({ id }) => id));
  const kindOf = ({ type }: HeldResource) => KIND_OF[type];
  const chosen = new Set(
    held
      .filter((one) => kindOf(one) === OrphanKind.Bucket)
      .flatMap(({ tenant, id }) => (id === tenantNames(environment, tenant).bucket ? [] : [tenant])),
  );
  return held.filter((one) => {
    const kind = kindOf(one);
    const isUnlisted = kind === OrphanKind.Bucket || kind === OrphanKind.Token;
    return LISTED.has(kind) && !there.has(one.id) && !(isUnlisted && chosen.has(one.tenant));
  });
}

/**
 * URNs of tunnels among them that Cloudflare tells were deleted. It still shows them, so that the engine, which asks for
 * nothing but whether they are shown, takes them to be there.
 */
export async function deletedTunnels(accounts: Accounts, gone: readonly HeldResource[]): Promise<string[]> {
  const deleted: string[] = [];
  for (const { urn, type, id } of gone) {
    if (KIND_OF[type] !== OrphanKind.Tunnel) continue;
    if (await isDeletedTunnel(accounts, accounts.accountId, id)) deleted.push(urn);
  }
  return deleted;
}
