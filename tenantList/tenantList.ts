/** Where the list of an environment's tenants lives, and how it is read and changed. */

/** The tenants' entries as they stand in the list, not yet checked. */
export interface ListSnapshot {
  readonly entries: readonly Record<string, unknown>[];
  /** Another one whenever the list was changed; opaque. */
  readonly version: string;
  readonly location: string;
}

export interface TenantList {
  /** For messages: `Pulumi.prod.yaml`, or `s3://bucket/prefix/prod.yaml`. */
  readonly location: string;
  /** @throws TenantListError when there is no list, or it cannot be read as one. */
  read(signal?: AbortSignal | undefined): Promise<ListSnapshot>;
  /**
   * Applies an edit to the newest list and writes it when the edit changed something; the edit is run again, on a newer
   * list, when another writer was faster.
   *
   * @returns the list afterwards.
   * @throws TenantListError; whatever `edit` throws, and then nothing was written.
   */
  change(edit: (document: ListDocument) => void, signal?: AbortSignal | undefined): Promise<ListSnapshot>;
}

/** A list that is edited in place: comments, order and style of everything else stay. */
export interface ListDocument {
  /** Copies: to change one, `put` it. */
  entries(): Record<string, unknown>[];
  /** @throws TenantListError when several entries have the id. */
  entry(id: string): Record<string, unknown> | undefined;
  /**
   * Adds the entry at the end, or makes the one that has its id equal to it: what does not differ is left alone, maps
   * are compared key by key, and keys that are absent in `entry`, or undefined, are removed with their comments.
   */
  put(entry: Record<string, unknown> & { id: string }): void;
  /** Removes the entry with the comment directly above it and the comments inside it; no other comment. */
  remove(id: string): void;
}

/** The list is missing, is not what it should be, or cannot be changed as asked. The message names file and place. */
export class TenantListError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "TenantListError";
  }
}

/** What would be written over is not what was seen: somebody has changed it since. */
export class ListMovedError extends TenantListError {
  constructor(message: string) {
    super(message);
    this.name = "ListMovedError";
  }
}
