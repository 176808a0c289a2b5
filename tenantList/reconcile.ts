/** Brings the stack file of a checkout and the shared list together: pull, and push. */
import { createHash } from "node:crypto";
import type { DocumentStore } from "../storage/documentStore.ts";
import { byId, differencesOf, type TenantDifference } from "./differences.ts";
import type { SharedList } from "./sharedList.ts";
import { stackName } from "./stackFileList.ts";
import { type ListDocument, ListMovedError, type ListSnapshot, type TenantList } from "./tenantList.ts";

/** What is to be done, to be shown before it is done. */
export interface Reconciliation {
  /** From the list that is written, to what it will be. */
  readonly differences: readonly TenantDifference[];
  /** @throws ListMovedError when the list that is written is no longer what the differences were shown for. */
  apply(signal?: AbortSignal | undefined): Promise<void>;
}

export interface ReconciledLists {
  stack: string;
  checkout: TenantList;
  shared: SharedList;
  /**
   * Keeps which shared list the checkout was last equal to, as `<stack>.pulled.json`: a FolderStore over the checkout's
   * `.tenant-edge/`. It belongs into version control beside the stack file, which it is about.
   */
  records: DocumentStore;
}

type Entries = ListSnapshot["entries"];

/** Makes the checkout's list equal to the shared one. */
export async function planPull(
  lists: ReconciledLists,
  signal?: AbortSignal | undefined,
): Promise<Reconciliation> {
  const [from, to] = await Promise.all([lists.checkout.read(signal), lists.shared.read(signal)]);
  return {
    differences: differencesOf(from.entries, to.entries),
    apply: async (applySignal) => {
      await lists.checkout.change((document) => equalize(document, from, to.entries), applySignal);
      await record(lists, to.entries, applySignal);
    },
  };
}

/**
 * Makes the shared list equal to the checkout's, and makes it when there is none.
 *
 * @param options.force also when the shared list is not the one that was pulled last, whose changes are then lost.
 * @throws ListMovedError when it is not, and `force` is not set.
 */
export async function planPush(
  lists: ReconciledLists,
  { force }: { force: boolean },
  signal?: AbortSignal | undefined,
): Promise<Reconciliation> {
  const { checkout, shared } = lists;
  const exists = await shared.exists(signal);
  const to = await checkout.read(signal);
  const from = exists ? await shared.read(signal) : { location: shared.location, entries: [] };
  const differences = differencesOf(from.entries, to.entries);
  if (
    exists &&
    !force &&
    differences.length > 0 &&
    (await recorded(lists, signal)) !== digest(from.entries)
  ) {
    throw new ListMovedError(
      `${shared.location} was changed since it was last pulled into ${checkout.location}. Run \`npx tenant-edge pull\` and make your changes again, or push with --force to undo what others changed. Nothing was written.`,
    );
  }
  return {
    differences,
    apply: async (applySignal) => {
      if (!exists) await shared.create(applySignal);
      await shared.change((document) => equalize(document, from, to.entries), applySignal);
      await record(lists, to.entries, applySignal);
    },
  };
}

/** Puts and removes, so that entries that stay keep their place and their comments. */
function equalize(document: ListDocument, from: Omit<ListSnapshot, "version">, to: Entries): void {
  if (differencesOf(from.entries, document.entries()).length > 0) {
    throw new ListMovedError(
      `${from.location} was changed after its differences were shown. Nothing was written; run it again.`,
    );
  }
  const wanted = byId(to);
  for (const id of byId(from.entries).keys()) if (!wanted.has(id)) document.remove(id);
  for (const [id, entry] of wanted) document.put({ ...entry, id });
}

/** The same for the same tenants, in whatever order they and their keys are. */
function digest(entries: Entries): string {
  const sorted = [...byId(entries).entries()].sort(([left], [right]) => (left < right ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(sorted, sortKeys)).digest("hex");
}

function sortKeys(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
}

const recordKey = ({ stack }: ReconciledLists) => `${stackName(stack)}.pulled.json`;

async function recorded(
  lists: ReconciledLists,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const found = await lists.records.read(recordKey(lists), signal);
  if (found === undefined) return undefined;
  try {
    const { location, digest: pulled } = JSON.parse(found.text) as { location: string; digest: string };
    return location === lists.shared.location ? pulled : undefined;
  } catch {
    // Unreadable, as after a bad merge: then nothing is known to have been pulled.
    return undefined;
  }
}

async function record(
  lists: ReconciledLists,
  entries: Entries,
  signal: AbortSignal | undefined,
): Promise<void> {
  const text = `${JSON.stringify({ location: lists.shared.location, digest: digest(entries) }, undefined, 2)}\n`;
  await lists.records.write(recordKey(lists), text, undefined, signal);
}
