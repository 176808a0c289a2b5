/** The second look at what a run deletes: by what the engine does, whatever the reason. */
import type { BlastRadius } from "../lifecycle/blastRadius.ts";
import { Kind } from "../lifecycle/holdings.ts";
import { ResourceType } from "../naming/resourceTypes.ts";

const KINDS: ReadonlyMap<string, Kind> = new Map([
  [ResourceType.tunnel, Kind.Tunnel],
  [ResourceType.record, Kind.Record],
  [ResourceType.bucket, Kind.Bucket],
  [ResourceType.token, Kind.Token],
  [ResourceType.instance, Kind.Host],
]);

/** A resource that is about to be deleted. */
export interface Deletion {
  urn: string;
  /** Its id at the provider. */
  id: string;
  type: string;
  name: string;
}

/**
 * Counts a deletion, and refuses it once too many tenants have lost something. What the program still has under the same
 * id is deleted by a destroy, which is no mistake; and a host whose successor was there before this run is no loss.
 *
 * @param liveId id of the resource that the program has under the URN; undefined when it has none, or not yet.
 * @throws Error, which keeps the resource and fails a preview.
 */
export function guardDeletion(
  radius: BlastRadius,
  { id, type, name }: Deletion,
  liveId: string | undefined,
  isPreview: boolean,
): void {
  const kind = KINDS.get(type);
  const tenant = radius.tenantOf(name);
  if (kind === undefined || tenant === undefined) return;
  if (liveId !== undefined && (liveId === id || radius.hadHost(tenant, liveId))) return;
  radius.add({ tenant, kind, what: `${kind} deleted (${name})` });
  const excess = radius.excess();
  if (excess.length === 0) return;
  const outcome = isPreview ? "nothing was changed" : "this and the rest of them were kept";
  throw new Error(radius.refusal(excess, outcome));
}
