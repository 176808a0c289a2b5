/** A tenant's app and its bucket, as `npm run demo` shows them. */
import { r2ClientSettings } from "../../bucket/r2Endpoint.ts";
import type { ResultOf } from "../../operations/contract.ts";
import type { ScratchStack } from "../scratchStack.ts";

/** The one object. */
export const LETTER = { Key: "letter.txt", Body: "written before it was disabled" };

type BucketKey = Pick<
  ResultOf<"enroll">,
  "bucket" | "endpoint" | "accessKeyId" | "secretAccessKey" | "tenant"
>;

/**
 * Writes the letter with a tenant's own key, or reads it.
 *
 * @returns its text, "" when there is none, undefined when the key is refused.
 */
export async function useBucket(
  { sandbox }: ScratchStack,
  key: BucketKey,
  action: "put" | "get",
): Promise<string | undefined> {
  const { S3Client, S3ServiceException, PutObjectCommand, GetObjectCommand } = await import(
    "@aws-sdk/client-s3"
  );
  const { bucket, endpoint, accessKeyId, secretAccessKey } = key;
  const client = new S3Client({
    ...r2ClientSettings(endpoint ?? "", { ...sandbox.env }),
    credentials: { accessKeyId: accessKeyId ?? "", secretAccessKey: secretAccessKey ?? "" },
  });
  const address = { Bucket: bucket ?? "", Key: LETTER.Key };
  try {
    if (action === "put") await client.send(new PutObjectCommand({ ...address, Body: LETTER.Body }));
    const { Body } = await client.send(new GetObjectCommand(address));
    return (await Body?.transformToString()) ?? "";
  } catch (error) {
    const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
    if (status === 401 || status === 403) return undefined;
    if (status === 404) return "";
    throw error;
  } finally {
    client.destroy();
  }
}
