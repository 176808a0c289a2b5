/**
 * Which request an idempotency key belongs to. Internet-Draft draft-ietf-httpapi-idempotency-key-header, "The
 * Idempotency-Key HTTP Header Field".
 */
import { createHash, randomUUID } from "node:crypto";
import { z } from "zod";
import {
  ABSENT,
  type DocumentStore,
  type StoredDocument,
  VersionConflictError,
} from "../../storage/documentStore.ts";
import { problem } from "../problems/problem.ts";
import { ServiceCode } from "../problems/problemTypes.ts";
import { KEPT_MILLISECONDS } from "./runRecord.ts";

const claim = z.strictObject({ run: z.uuid(), fingerprint: z.string(), createdAt: z.iso.datetime() });

export class IdempotencyKeys {
  readonly #documents: DocumentStore;
  readonly #prefix: string;
  readonly #now: () => Date;

  constructor(documents: DocumentStore, prefix: string, now: () => Date) {
    this.#documents = documents;
    this.#prefix = `${prefix}/idempotency/`;
    this.#now = now;
  }

  /**
   * @param actor a key counts within one token's name.
   * @returns the id under which the request runs, or ran: the same one for the same key.
   * @throws ProblemError when the key was used for another request within the last 24 hours.
   */
  async claim(actor: string, key: string, fingerprint: string): Promise<string> {
    const document = `${this.#prefix}${sha256(JSON.stringify([actor, key]))}.json`;
    const found = await this.#documents.read(document);
    const former = this.#valid(found);
    if (former !== undefined) {
      if (former.fingerprint === fingerprint) return former.run;
      throw problem(
        ServiceCode.IdempotencyKeyReused,
        "This Idempotency-Key was used for another request within the last 24 hours. Send a new key with a new request.",
      );
    }
    const run = randomUUID();
    const text = JSON.stringify({ run, fingerprint, createdAt: this.#now().toISOString() });
    try {
      await this.#documents.write(document, text, found?.version ?? ABSENT);
      return run;
    } catch (error) {
      // The same key at the same time: the other request was faster, and this one joins it.
      if (error instanceof VersionConflictError) return this.claim(actor, key, fingerprint);
      throw error;
    }
  }

  /** Forgets the keys that count no more. */
  async tidy(): Promise<void> {
    for (const key of await this.#documents.list(this.#prefix)) {
      const found = await this.#documents.read(key);
      if (this.#valid(found) === undefined) await this.#documents.delete(key);
    }
  }

  /** Undefined for one that counts no more, or that cannot be read. */
  #valid(document: StoredDocument | undefined): z.output<typeof claim> | undefined {
    if (document === undefined) return undefined;
    try {
      const found = claim.parse(JSON.parse(document.text));
      const age = this.#now().getTime() - Date.parse(found.createdAt);
      return age > KEPT_MILLISECONDS ? undefined : found;
    } catch {
      return undefined;
    }
  }
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
