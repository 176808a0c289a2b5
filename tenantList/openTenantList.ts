import { openDocumentStore } from "../storage/openDocumentStore.ts";
import { SharedList } from "./sharedList.ts";
import { StackFileList } from "./stackFileList.ts";
import type { TenantList } from "./tenantList.ts";

export interface TenantListPlace {
  /** Folder of the stack files. */
  directory: string;
  stack: string;
  /** Value of `tenant-edge:tenantList`: where the shared list is. Default: the list is in the stack file. */
  tenantList?: string | undefined;
  /** Credentials of the storage. */
  env: Readonly<Record<string, string | undefined>>;
}

/** Where the tenants of a stack are listed. @throws StorageError, TenantListError when the place is no place. */
export async function openTenantList(place: TenantListPlace): Promise<TenantList> {
  const { directory, stack, tenantList, env } = place;
  return tenantList === undefined
    ? new StackFileList(directory, stack)
    : openSharedList({ stack, tenantList, env });
}

export async function openSharedList({
  stack,
  tenantList,
  env,
}: Pick<TenantListPlace, "stack" | "env"> & { tenantList: string }): Promise<SharedList> {
  return new SharedList(await openDocumentStore(tenantList, env), stack);
}
