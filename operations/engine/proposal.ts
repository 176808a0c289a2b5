/** What the list would say: tried on a draft, previewed, and then written if nothing has moved. */
import { isDeepStrictEqual } from "node:util";
import type { ListDocument, TenantList } from "../../tenantList/tenantList.ts";
import { checkConfiguration, checkOthers, type StackFile } from "../configuration.ts";
import type { BringOptions, Configuration } from "../context.ts";
import { draft } from "./draft.ts";

/** Where list and settings are read. */
export interface ProposalSource {
  list: TenantList;
  readStackFile(): Promise<StackFile>;
}

/** What the engine is shown. */
export interface Proposal {
  configuration: Configuration;
  /** What the list says. */
  before: readonly Record<string, unknown>[];
  /** What it would say. */
  entries: readonly Record<string, unknown>[];
  isChanged: boolean;
  stackFile: StackFile;
}

/** Ends an edit whose list is not the proposed one. */
class ListMoved extends Error {}

function editAll(
  document: ListDocument,
  stackFile: StackFile,
  location: string,
  changes: readonly BringOptions[],
): void {
  for (const { edit } of changes) {
    edit?.(document, checkConfiguration(stackFile, { entries: document.entries(), location }));
  }
}

/** @throws what the edits throw; OperationError invalid-configuration and name-taken when the list would have problems. */
export async function propose(
  { list, readStackFile }: ProposalSource,
  changes: readonly BringOptions[],
): Promise<Proposal> {
  const [stackFile, { entries: before }] = await Promise.all([readStackFile(), list.read()]);
  const document = draft(before);
  editAll(document, stackFile, list.location, changes);
  const entries = document.entries();
  const configuration = checkConfiguration(stackFile, { entries, location: list.location });
  await checkOthers(stackFile, configuration, list.location);
  return {
    configuration,
    before,
    entries,
    isChanged: !isDeepStrictEqual(entries, before),
    stackFile,
  };
}

/** Writes it. @returns false, and nothing was written, when the list has moved since. */
export async function commit(
  { list }: ProposalSource,
  { before, stackFile }: Proposal,
  changes: readonly BringOptions[],
): Promise<boolean> {
  try {
    await list.change((document) => {
      if (!isDeepStrictEqual(document.entries(), before)) throw new ListMoved();
      editAll(document, stackFile, list.location, changes);
    });
    return true;
  } catch (error) {
    if (error instanceof ListMoved) return false;
    throw error;
  }
}

/** False when settings or list are not what the engine was shown. */
export async function isAsProposed(
  { list, readStackFile }: ProposalSource,
  { entries, stackFile }: Proposal,
): Promise<boolean> {
  const [present, { entries: listed }] = await Promise.all([readStackFile(), list.read()]);
  return isDeepStrictEqual(settingsOf(present), settingsOf(stackFile)) && isDeepStrictEqual(listed, entries);
}

/** The stack file without its list, and without what the engine writes into it. */
function settingsOf({ raw }: StackFile): unknown {
  const { tenants: _, ...settings } = raw;
  return settings;
}
