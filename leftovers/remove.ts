/** Removes a leftover, as carefully as the hooks of a creation do: what is in use stays. */

import { OrphanKind } from "../operations/choices.ts";
import { deleteIfThere as deleteAtAws, options } from "../orphans/awsCall.ts";
import { deleteIfThere as deleteAtCloudflare } from "../orphans/cloudflareCall.ts";
import type { Candidate } from "../orphans/decide.ts";
import { ENVIRONMENT_TAG, TENANT_TAG, TUNNEL_TAG } from "../orphans/mark.ts";
import { type Accounts, Kept } from "../orphans/source.ts";
import { sourceOf } from "../orphans/sources.ts";
import { type Finding, Outcome } from "./finding.ts";
import { settleInstanceProfile, settleParameter, settleRole } from "./named.ts";

/** A thing that is left, and its tenant. */
export type Left = Candidate & { tenant: string };

const SETTLE = {
  [OrphanKind.Parameter]: settleParameter,
  [OrphanKind.Role]: settleRole,
  [OrphanKind.InstanceProfile]: settleInstanceProfile,
} as const;

/**
 * @param isFreed whether a host of its tenant was just terminated, which lets go of its group in a minute or two.
 * @throws Kept when it is in use. Rejects with what the clouds' clients throw.
 */
export async function remove(accounts: Accounts, left: Left, isFreed: boolean): Promise<void> {
  const { kind, id } = left;
  switch (kind) {
    case OrphanKind.Tunnel: {
      const { zeroTrust } = await accounts.cloudflare.client();
      // Refused when a connector has come meanwhile.
      await deleteAtCloudflare(zeroTrust.tunnels.cloudflared.delete(id, { account_id: accounts.accountId }));
      return;
    }
    case OrphanKind.Parameter:
    case OrphanKind.Role:
    case OrphanKind.InstanceProfile:
      refuseKept(await SETTLE[kind](accounts, { name: id, tags: tagsOf(accounts.environment, left) }));
      return;
    case OrphanKind.SecurityGroup:
      if (!isFreed) return await removeGroup(accounts, id);
      break;
  }
  await sourceOf(left).delete(accounts, left);
}

function tagsOf(environment: string, { tenant, tunnelId = "" }: Left): Record<string, string> {
  return { [ENVIRONMENT_TAG]: environment, [TENANT_TAG]: tenant, [TUNNEL_TAG]: tunnelId };
}

function refuseKept({ outcome, text }: Finding): void {
  if (outcome === Outcome.kept) throw new Kept(text);
}

async function removeGroup({ aws, signal }: Accounts, GroupId: string): Promise<void> {
  const { DeleteSecurityGroupCommand } = await import("@aws-sdk/client-ec2");
  const client = await aws.ec2();
  try {
    await deleteAtAws(client.send(new DeleteSecurityGroupCommand({ GroupId }), options(signal)));
  } catch (error) {
    if (error instanceof Error && error.name === "DependencyViolation") throw new Kept("it is in use");
    throw error;
  }
}
