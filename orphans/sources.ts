/** Every place where orphans may be, in an order in which they can be deleted. */
import { buckets } from "./buckets.ts";
import type { Candidate } from "./decide.ts";
import { instanceProfiles } from "./instanceProfiles.ts";
import { instances } from "./instances.ts";
import { parameters } from "./parameters.ts";
import { records } from "./records.ts";
import { roles } from "./roles.ts";
import { securityGroups } from "./securityGroups.ts";
import type { OrphanSource } from "./source.ts";
import { tokens } from "./tokens.ts";
import { tunnels } from "./tunnels.ts";

export const ORPHAN_SOURCES: readonly OrphanSource[] = [
  instances,
  records,
  tunnels,
  tokens,
  parameters,
  securityGroups,
  instanceProfiles,
  roles,
  buckets,
];

export function sourceOf({ kind }: Candidate): OrphanSource {
  const source = ORPHAN_SOURCES.find((one) => one.kind === kind);
  if (source === undefined) throw new Error(`nothing is known about things of the kind ${kind}`);
  return source;
}
