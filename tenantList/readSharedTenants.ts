/** For the program: the entries of the list that all runs of a stack share. */
import { openSharedList } from "./openTenantList.ts";

/**
 * @param tenantList where it is: `s3://bucket/prefix`. @param env credentials of the storage.
 * @throws StorageError, TenantListError
 */
export async function readSharedTenants(
  tenantList: string,
  stack: string,
  env: NodeJS.ProcessEnv,
): Promise<readonly Record<string, unknown>[]> {
  const list = await openSharedList({ stack, tenantList, env });
  return (await list.read()).entries;
}
