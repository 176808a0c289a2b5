/** Documents as objects in a bucket of S3 or R2, compared and swapped by conditional writes. */
import type { S3Client } from "@aws-sdk/client-s3";
import {
  ABSENT,
  checkKey,
  type DocumentStore,
  type Expected,
  StorageError,
  type StoredDocument,
  VersionConflictError,
} from "./documentStore.ts";
import { explainObjectError, hasStatus, isConflict } from "./objectErrors.ts";
import type { ObjectLocation } from "./storageUrl.ts";

/** Credentials of its own for the bucket, in the place of AWS's usual ones: R2 has keys of its own. */
const ACCESS_KEY_ID = "TENANT_EDGE_STORAGE_ACCESS_KEY_ID";
const SECRET_ACCESS_KEY = "TENANT_EDGE_STORAGE_SECRET_ACCESS_KEY";

/** Attempts at one call, when the network fails or the store is busy: R2 takes one write per object and second. */
const ATTEMPTS = 6;
const CONNECT_MILLISECONDS = 5000;
const CALL_MILLISECONDS = 20_000;

/** The SDK is loaded only by those who keep documents in a bucket. */
const sdk = () => import("@aws-sdk/client-s3");

/** The version of a document is its ETag. */
export class ObjectStore implements DocumentStore {
  readonly location: string;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #client: S3Client;
  readonly #endpoint: string | undefined;

  constructor({ bucket, prefix, endpoint }: ObjectLocation, client: S3Client) {
    this.#bucket = bucket;
    this.#prefix = prefix === "" ? "" : `${prefix}/`;
    this.location = `s3://${[bucket, prefix].filter(Boolean).join("/")}`;
    this.#client = client;
    this.#endpoint = endpoint;
  }

  async read(key: string, signal?: AbortSignal): Promise<StoredDocument | undefined> {
    const Key = this.#key(key);
    const { GetObjectCommand } = await sdk();
    return this.#call(`read ${key}`, signal, async (options) => {
      try {
        const { Body, ETag } = await this.#client.send(
          new GetObjectCommand({ Bucket: this.#bucket, Key }),
          options,
        );
        return { text: (await Body?.transformToString("utf8")) ?? "", version: ETag ?? "" };
      } catch (error) {
        if (hasStatus(error, 404) && (error as Error).name === "NoSuchKey") return undefined;
        throw error;
      }
    });
  }

  async write(key: string, text: string, expected: Expected, signal?: AbortSignal): Promise<string> {
    const input = {
      Bucket: this.#bucket,
      Key: this.#key(key),
      Body: text,
      ContentType: "text/plain; charset=utf-8",
      ...(expected === ABSENT && { IfNoneMatch: "*" }),
      ...(typeof expected === "string" && { IfMatch: expected }),
    };
    const { PutObjectCommand } = await sdk();
    return this.#call(`write ${key}`, signal, async (options) => {
      try {
        const { ETag } = await this.#client.send(new PutObjectCommand(input), options);
        return ETag ?? "";
      } catch (error) {
        if (expected === undefined || !isConflict(error)) throw error;
        // The answer to an earlier attempt may have been lost on its way: then it was this write that changed it.
        const found = error.$metadata.attempts === 1 ? undefined : await this.read(key, signal);
        if (found?.text === text) return found.version;
        throw new VersionConflictError(this.location, key);
      }
    });
  }

  async delete(key: string, signal?: AbortSignal): Promise<void> {
    const Key = this.#key(key);
    const { DeleteObjectCommand } = await sdk();
    await this.#call(`delete ${key}`, signal, (options) =>
      this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key }), options),
    );
  }

  async list(prefix: string, signal?: AbortSignal): Promise<string[]> {
    const { paginateListObjectsV2 } = await sdk();
    const keys: string[] = [];
    await this.#call(`list ${prefix}`, signal, async (options) => {
      const input = { Bucket: this.#bucket, Prefix: `${this.#prefix}${prefix}` };
      for await (const page of paginateListObjectsV2({ client: this.#client }, input, options)) {
        keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key?.slice(this.#prefix.length) ?? []));
      }
    });
    return keys.sort();
  }

  #key(key: string): string {
    checkKey(key);
    return `${this.#prefix}${key}`;
  }

  async #call<T>(
    action: string,
    signal: AbortSignal | undefined,
    run: (options: { abortSignal?: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    try {
      return await run(signal === undefined ? {} : { abortSignal: signal });
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof VersionConflictError || error instanceof StorageError) throw error;
      throw explainObjectError(error, { action, location: this.location, endpoint: this.#endpoint });
    }
  }
}

/** @throws StorageError when only half of the credentials is set. */
export async function openObjectStore(
  place: ObjectLocation,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ObjectStore> {
  const accessKeyId = env[ACCESS_KEY_ID] || undefined;
  const secretAccessKey = env[SECRET_ACCESS_KEY] || undefined;
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    const [set, missing] =
      accessKeyId === undefined ? [SECRET_ACCESS_KEY, ACCESS_KEY_ID] : [ACCESS_KEY_ID, SECRET_ACCESS_KEY];
    throw new StorageError(`${set} is set, and ${missing} is not. Set both, or none to use AWS's own.`);
  }
  const { S3Client } = await sdk();
  const client = new S3Client({
    ...(place.region !== undefined && { region: place.region }),
    // Written out, it comes before AWS_ENDPOINT_URL.
    ...(place.endpoint !== undefined && { endpoint: place.endpoint }),
    forcePathStyle: place.forcePathStyle,
    maxAttempts: ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECT_MILLISECONDS,
      requestTimeout: CALL_MILLISECONDS,
      throwOnRequestTimeout: true,
    },
    // R2 knows not all of the checksums that the SDK adds by default.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    ...(accessKeyId !== undefined &&
      secretAccessKey !== undefined && { credentials: { accessKeyId, secretAccessKey } }),
  });
  return new ObjectStore(place, client);
}
