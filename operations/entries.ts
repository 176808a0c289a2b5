/** Changes of a tenant's entry, as it stands in the list: everything else in it stays. */
import type { Disabled } from "../lifecycle/states.ts";
import { BucketFate } from "../lifecycle/states.ts";
import type { ListDocument } from "../tenantList/tenantList.ts";

type Entry = Record<string, unknown> & { id: string };

/** Changes the entry of a tenant, if it is there. */
export function editEntry(document: ListDocument, id: string, change: (entry: Entry) => Entry): void {
  const entry = document.entry(id);
  if (entry !== undefined) document.put(change({ ...entry, id }));
}

function without<T extends object>(entry: T, key: string): T {
  return Object.fromEntries(Object.entries(entry).filter(([name]) => name !== key)) as T;
}

/** What stands there is the least that says it. */
export function withDisabled(entry: Entry, { since, keepUntil, bucket, purge }: Disabled): Entry {
  return {
    ...entry,
    disabled: {
      since,
      keepUntil,
      ...(bucket !== BucketFate.Kept && { bucket }),
      ...(purge && { purge }),
    },
  };
}

export function withoutDisabled(entry: Entry): Entry {
  return without(entry, "disabled");
}

export function withTunnelSecret(entry: Entry, generation: number): Entry {
  return { ...entry, tunnelSecretGeneration: generation };
}

/** @param oldKeysUntil when all but the last generation are revoked; undefined when there is no such time. */
export function withKeys(entry: Entry, keyGenerations: readonly number[], oldKeysUntil?: string): Entry {
  const present = entry["bucket"];
  const bucket = typeof present === "object" && present !== null ? present : {};
  return {
    ...entry,
    bucket: {
      ...without(bucket, "oldKeysUntil"),
      keyGenerations: [...keyGenerations],
      ...(oldKeysUntil !== undefined && { oldKeysUntil }),
    },
  };
}
