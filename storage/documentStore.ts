/** Small text documents under keys, in a folder or a bucket, changed by compare-and-swap. */
import pRetry from "p-retry";

/** A text with the version it has; a version is opaque. */
export interface StoredDocument {
  readonly text: string;
  readonly version: string;
}

/** As the expected version of a write: the key must not be there. */
export const ABSENT: unique symbol = Symbol("absent");

/** What a write expects to find: a version, nothing, or (undefined) whatever is there. */
export type Expected = string | typeof ABSENT | undefined;

/**
 * Keys are parts of letters, digits and `. _ - = @ +`, separated by `/`; no part begins with a dot, none ends in a dot
 * and digits.
 * Every method throws StorageError when the place cannot be reached or refuses.
 */
export interface DocumentStore {
  /** Where it is, for messages: a path, or `s3://bucket/prefix`. Without credentials. */
  readonly location: string;
  /** Undefined when there is none. */
  read(key: string, signal?: AbortSignal | undefined): Promise<StoredDocument | undefined>;
  /**
   * @returns the new version.
   * @throws VersionConflictError when the document is not the expected one.
   */
  write(key: string, text: string, expected: Expected, signal?: AbortSignal | undefined): Promise<string>;
  /** Does nothing when there is none. */
  delete(key: string, signal?: AbortSignal | undefined): Promise<void>;
  /** Every key that begins with the prefix, sorted. */
  list(prefix: string, signal?: AbortSignal | undefined): Promise<string[]>;
}

/** The place of the documents cannot be used. The message says where, why, and what to do. */
export class StorageError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StorageError";
  }
}

/** Somebody else has changed the document since it was read. */
export class VersionConflictError extends Error {
  constructor(location: string, key: string) {
    super(`${location}/${key} was changed by somebody else in the meantime. Read it again and repeat.`);
    this.name = "VersionConflictError";
  }
}

/** What ends in a dot and digits is half-written, in a folder. */
const KEY_PART = /^(?!.*\.\d*$)[A-Za-z0-9_=@+-][A-Za-z0-9._=@+-]*$/;
const LONGEST_KEY = 512;

export function isKey(key: string): boolean {
  return key.length <= LONGEST_KEY && key.split("/").every((part) => KEY_PART.test(part));
}

/** @throws StorageError on a key that could leave its place, or that some place could not hold. */
export function checkKey(key: string): void {
  if (!isKey(key)) {
    throw new StorageError(
      `${JSON.stringify(key.slice(0, LONGEST_KEY))} is no key of a document: at most ${LONGEST_KEY} characters, parts of letters, digits and . _ - = @ +, separated by /, none beginning with a dot or ending in a dot and digits.`,
    );
  }
}

/** As often as many writers at once need, each of whom may win before this one does. */
const RETRIES = 40;

/**
 * Reads, changes and writes a document; does it again when another writer was faster, 40 times at most.
 *
 * @param change given the text, or undefined when there is none; returns the new one, or undefined to leave it.
 * @returns the document as it stands afterwards; undefined when there is none.
 * @throws VersionConflictError when other writers were faster every time; whatever `change` throws.
 */
export function updateDocument(
  store: DocumentStore,
  key: string,
  change: (text: string | undefined) => string | undefined,
  signal?: AbortSignal | undefined,
): Promise<StoredDocument | undefined> {
  const attempt = async () => {
    const found = await store.read(key, signal);
    const text = change(found?.text);
    if (text === undefined || text === found?.text) return found;
    return { text, version: await store.write(key, text, found?.version ?? ABSENT, signal) };
  };
  return pRetry(attempt, {
    retries: RETRIES,
    minTimeout: 10,
    factor: 1.5,
    maxTimeout: 500,
    randomize: true,
    shouldRetry: ({ error }) => error instanceof VersionConflictError,
    signal,
  });
}
