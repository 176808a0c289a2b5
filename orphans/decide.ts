/** Which of the things that carry our mark are orphans, and whether they may be deleted. */
import { Cloud, OrphanKind } from "../operations/choices.ts";
import type { Known } from "./known.ts";

/** Whoever made a younger thing may not have told the stack about it yet. */
export const YOUNG_MINUTES = 30;

export const CLOUD_OF: Readonly<Record<OrphanKind, Cloud>> = {
  [OrphanKind.Tunnel]: Cloud.Cloudflare,
  [OrphanKind.Record]: Cloud.Cloudflare,
  [OrphanKind.Bucket]: Cloud.Cloudflare,
  [OrphanKind.Token]: Cloud.Cloudflare,
  [OrphanKind.Instance]: Cloud.Aws,
  [OrphanKind.SecurityGroup]: Cloud.Aws,
  [OrphanKind.Parameter]: Cloud.Aws,
  [OrphanKind.Role]: Cloud.Aws,
  [OrphanKind.InstanceProfile]: Cloud.Aws,
};

/** EC2 does not tell the age of groups, nor SSM that of parameters which hosts write again and again. */
const AGELESS: ReadonlySet<OrphanKind> = new Set([OrphanKind.SecurityGroup, OrphanKind.Parameter]);

/** A thing with the mark of one environment. */
export interface Candidate {
  kind: OrphanKind;
  /** By which its cloud and the engine know it. */
  id: string;
  name: string;
  /** Undefined when a cut name does not tell it. */
  tenant: string | undefined;
  /** Undefined where the cloud does not say. */
  createdAt: Date | undefined;
  /** Of a token. */
  key?: { bucket: string; generation: number } | undefined;
  /** Of a bucket. */
  jurisdiction?: string | undefined;
  /** Tunnel that a record leads to, or of the tenant whose tags a thing at AWS has. */
  tunnelId?: string | undefined;
  /** Of a token, when it was ever used. */
  lastUsedAt?: Date | undefined;
}

export interface Orphan {
  candidate: Candidate;
  /** Why it is one. */
  reason: string;
  /** Too young to be judged, itself or something else of its tenant. */
  isYoung: boolean;
}

/** Those that no stack knows. Nothing of a tenant that a stack knows is one, but a key that the tenant does not have. */
export function findOrphans(candidates: readonly Candidate[], known: Known, now: Date): Orphan[] {
  const recent = now.getTime() - YOUNG_MINUTES * 60_000;
  const isYoung = ({ createdAt, kind }: Candidate) =>
    createdAt === undefined ? !AGELESS.has(kind) : !(createdAt.getTime() < recent);
  const youngOwners = new Set(candidates.filter(isYoung).map(ownerOf));

  return candidates.flatMap((candidate): Orphan[] => {
    if (known.resourceIds.has(candidate.id)) return [];
    const generations = candidate.key && known.generations.get(candidate.key.bucket);
    if (candidate.key !== undefined && generations !== undefined) {
      const { generation } = candidate.key;
      if (generations.has(generation)) return [];
      const reason = `its tenant has no generation ${generation} of the key`;
      return [{ candidate, reason, isYoung: isYoung(candidate) }];
    }
    if (isKnown(candidate, known)) return [];
    return [{ candidate, reason: "no stack has its tenant", isYoung: youngOwners.has(ownerOf(candidate)) }];
  });
}

function isKnown({ tenant, name, key }: Candidate, known: Known): boolean {
  return (tenant !== undefined && known.tenants.has(tenant)) || known.names.has(key?.bucket ?? name);
}

/** What is made and removed together. */
function ownerOf({ tenant, name, key }: Candidate): string {
  return tenant === undefined ? `name ${key?.bucket ?? name}` : `tenant ${tenant}`;
}

/**
 * Why these may not be deleted; undefined when they may. When most of a kind seems to be orphaned, it is more likely
 * that the wrong list, account or environment was looked at.
 */
export function refusal(
  orphans: readonly Orphan[],
  candidates: readonly Candidate[],
  maxDeletions: number,
): string | undefined {
  const deletions = orphans.filter(({ isYoung }) => !isYoung);
  if (deletions.length > maxDeletions) {
    return `${deletions.length} things would be deleted, and at most ${maxDeletions} may`;
  }
  for (const kind of Object.values(OrphanKind)) {
    const seen = candidates.filter((candidate) => candidate.kind === kind).length;
    const lost = deletions.filter(({ candidate }) => candidate.kind === kind).length;
    if (lost > seen / 2)
      return `${lost} of ${seen} things of the kind ${kind} would be deleted, more than half`;
  }
  return undefined;
}
