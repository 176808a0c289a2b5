/** The list as one document that every run and every service of an environment reads: `<stack>.yaml`. */
import {
  ABSENT,
  type DocumentStore,
  updateDocument,
  VersionConflictError,
} from "../storage/documentStore.ts";
import { SHARED_PATH, TextListDocument } from "./listDocument.ts";
import { stackName } from "./stackFileList.ts";
import { type ListDocument, type ListSnapshot, type TenantList, TenantListError } from "./tenantList.ts";

const EMPTY = `# The tenants of this environment. Change them with \`npx tenant-edge\`, or pull, edit and push.
tenants: []
`;

export class SharedList implements TenantList {
  readonly location: string;
  readonly #store: DocumentStore;
  readonly #key: string;

  /** @param stack its name, or `organization/project/name`. */
  constructor(store: DocumentStore, stack: string) {
    this.#store = store;
    this.#key = `${stackName(stack)}.yaml`;
    this.location = `${store.location}/${this.#key}`;
  }

  async read(signal?: AbortSignal): Promise<ListSnapshot> {
    const found = await this.#store.read(this.#key, signal);
    if (found === undefined) throw this.#missing();
    return this.#snapshot(found.text, found.version);
  }

  async exists(signal?: AbortSignal): Promise<boolean> {
    return (await this.#store.read(this.#key, signal)) !== undefined;
  }

  /** Makes an empty list unless there is one. */
  async create(signal?: AbortSignal): Promise<void> {
    try {
      await this.#store.write(this.#key, EMPTY, ABSENT, signal);
    } catch (error) {
      if (!(error instanceof VersionConflictError)) throw error;
    }
  }

  async change(edit: (document: ListDocument) => void, signal?: AbortSignal): Promise<ListSnapshot> {
    const changed = (text: string | undefined) => {
      if (text === undefined) throw this.#missing();
      const document = new TextListDocument(text, SHARED_PATH, this.location);
      edit(document);
      return document.text();
    };
    const after = await updateDocument(this.#store, this.#key, changed, signal);
    if (after === undefined) throw this.#missing();
    return this.#snapshot(after.text, after.version);
  }

  /** Never taken for an empty one, which would be a list that has lost every tenant. */
  #missing(): TenantListError {
    return new TenantListError(
      `There is no shared list at ${this.location}. Make it from the stack file with \`npx tenant-edge push\`, or correct tenant-edge:tenantList.`,
    );
  }

  #snapshot(text: string, version: string): ListSnapshot {
    const entries = new TextListDocument(text, SHARED_PATH, this.location).entries();
    return { entries, version, location: this.location };
  }
}
