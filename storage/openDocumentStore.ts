import type { DocumentStore } from "./documentStore.ts";
import { FolderStore } from "./folderStore.ts";
import { openObjectStore } from "./objectStore.ts";
import { parseStorageUrl } from "./storageUrl.ts";

/**
 * @param url `file:///folder`, a path, or `s3://bucket/prefix?endpoint=&region=&forcePathStyle=`.
 * @param env credentials of the bucket are TENANT_EDGE_STORAGE_ACCESS_KEY_ID and
 *   TENANT_EDGE_STORAGE_SECRET_ACCESS_KEY; without them AWS's own, as the SDK finds them.
 * @throws StorageError when the location cannot be understood; nothing is asked of it yet.
 */
export async function openDocumentStore(
  url: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<DocumentStore> {
  const place = parseStorageUrl(url);
  return "folder" in place ? new FolderStore(place.folder) : openObjectStore(place.objects, env);
}
