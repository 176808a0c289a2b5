/** A list of tenants in memory, to try an edit on. */
import type { ListDocument } from "../../tenantList/tenantList.ts";

export function draft(entries: readonly Record<string, unknown>[]): ListDocument {
  const list = structuredClone([...entries]);
  const at = (id: string) => list.findIndex((entry) => entry["id"] === id);
  return {
    entries: () => structuredClone(list),
    entry: (id) => structuredClone(list[at(id)]),
    put(entry) {
      const index = at(entry.id);
      const clean = JSON.parse(JSON.stringify(entry)) as Record<string, unknown>;
      if (index === -1) list.push(clean);
      else list[index] = clean;
    },
    remove(id) {
      const index = at(id);
      if (index !== -1) list.splice(index, 1);
    },
  };
}
