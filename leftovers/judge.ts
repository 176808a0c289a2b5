/** Looks closer at one that seems to be left, and tells whether it may go. */
import { because } from "../clients/failureText.ts";
import { OrphanKind } from "../operations/choices.ts";
import { isGone as isGoneAtAws } from "../orphans/awsCall.ts";
import { hasStatus } from "../orphans/cloudflareCall.ts";
import type { Candidate } from "../orphans/decide.ts";
import type { Accounts } from "../orphans/source.ts";
import { sourceOf } from "../orphans/sources.ts";
import { reasonToKeepBucket } from "./bucket.ts";
import { type Facts, isExplained, reasonToKeep } from "./decide.ts";
import { type ListedToken, tokensOpening } from "./key.ts";
import { parameterTunnel } from "./named.ts";
import type { Left } from "./remove.ts";
import { isConfigured, isDeletedTunnel, reasonToKeepTunnel } from "./tunnel.ts";

/** All of the account; one listing for however many buckets. */
type ListTokens = () => Promise<readonly ListedToken[]>;

export interface Judgement {
  left: Left;
  /** Why it stays; undefined when it may go. */
  reason?: string | undefined;
  /** Why it could not be looked at. */
  failure?: string | undefined;
}

/** Undefined for what is gone, or not ours. */
export async function judge(
  accounts: Accounts,
  candidate: Candidate,
  facts: Facts,
  tokens: ListTokens,
): Promise<Judgement | undefined> {
  const tenant = candidate.tenant ?? facts.owners.get(candidate.key?.bucket ?? candidate.name) ?? "";
  try {
    const confirmed = await confirm(accounts, candidate);
    if (confirmed === undefined) return undefined;
    const left = { ...confirmed, tenant: confirmed.tenant ?? tenant };
    return { left, reason: await reasonOf(accounts, left, facts, tokens) };
  } catch (error) {
    accounts.signal?.throwIfAborted();
    if (hasStatus(error, 404) || isGoneAtAws(error)) return undefined;
    return { left: { ...candidate, tenant }, failure: because(error) };
  }
}

/** With all that tells whose it is. */
async function confirm(accounts: Accounts, candidate: Candidate): Promise<Candidate | undefined> {
  if (candidate.kind === OrphanKind.Parameter) {
    return { ...candidate, tunnelId: await parameterTunnel(accounts, candidate.id) };
  }
  const source = sourceOf(candidate);
  return source.confirm === undefined ? candidate : await source.confirm(accounts, candidate);
}

async function reasonOf(
  accounts: Accounts,
  left: Left,
  facts: Facts,
  tokens: ListTokens,
): Promise<string | undefined> {
  switch (left.kind) {
    case OrphanKind.Tunnel:
      return await reasonToKeepLeftTunnel(accounts, left, facts);
    case OrphanKind.Bucket:
      // Only names that the program makes up are listed: its age does not count.
      return reasonToKeepBucket(
        { isOurName: true, elapsed: 0 },
        0,
        tokensOpening(left.id, await thatStay(accounts, await tokens(), facts)),
      );
    case OrphanKind.Token:
      return await reasonToKeepToken(accounts, left, facts);
    default:
      return reasonToKeep(left, await withGoneTunnel(accounts, left, facts));
  }
}

/** One whose bucket no state has may be in use where its tenant's tunnel is. */
async function reasonToKeepToken(
  accounts: Accounts,
  token: Candidate,
  facts: Facts,
): Promise<string | undefined> {
  const reason = reasonToKeep(token, facts);
  if (reason !== undefined || facts.own.has(token.key?.bucket ?? "")) return reason;
  for (const [id, tunnel] of facts.leftTunnels) {
    if (tunnel.tenant === token.tenant && !(await isUseless(accounts, tunnel, facts)))
      return `its tenant's tunnel ${id} is in use`;
  }
  return undefined;
}

async function thatStay(
  accounts: Accounts,
  tokens: readonly ListedToken[],
  facts: Facts,
): Promise<ListedToken[]> {
  const going = new Set<string | undefined>();
  for (const token of facts.leftTokens) {
    if ((await reasonToKeepToken(accounts, token, facts)) === undefined) going.add(token.id);
  }
  return tokens.filter(({ id }) => !going.has(id));
}

/** The same facts, with its tunnel when that is gone or goes as well. One that is unheard of may be another account's. */
async function withGoneTunnel(
  accounts: Accounts,
  { tunnelId = "" }: Candidate,
  facts: Facts,
): Promise<Facts> {
  if (tunnelId === "" || facts.own.has(tunnelId)) return facts;
  const tunnel = facts.leftTunnels.get(tunnelId);
  const isGone =
    tunnel === undefined
      ? await isDeletedTunnel(accounts, accounts.accountId, tunnelId)
      : await isUseless(accounts, tunnel, facts);
  return isGone ? { ...facts, goneTunnels: new Set([tunnelId]) } : facts;
}

async function isUseless(accounts: Accounts, tunnel: Candidate, facts: Facts): Promise<boolean> {
  try {
    return (await reasonToKeepLeftTunnel(accounts, tunnel, facts)) === undefined;
  } catch (error) {
    // It was listed a moment ago.
    if (hasStatus(error, 404)) return true;
    throw error;
  }
}

async function reasonToKeepLeftTunnel(
  accounts: Accounts,
  tunnel: Candidate,
  facts: Facts,
): Promise<string | undefined> {
  const { accountId } = accounts;
  const { zeroTrust } = await accounts.cloudflare.client();
  const { status } = await zeroTrust.tunnels.cloudflared.get(tunnel.id, { account_id: accountId });
  return reasonToKeepTunnel({
    isConnected: status === "healthy" || status === "degraded",
    wasEverConnected: status !== "inactive",
    // Another backend's, whose host is yet to start, has one; a run that was killed is known here.
    isConfigured: !isExplained(tunnel, facts) && (await isConfigured(accounts, accountId, tunnel.id)),
    // The state's secrets stay encrypted here: the next update compares it.
    hasOurSecret: false,
  });
}
