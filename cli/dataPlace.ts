import { resolve } from "node:path";

/** Where probes, operations and pulled lists are kept unless TENANT_EDGE_DATA says otherwise. */
export const DATA_FOLDER = ".tenant-edge";

/** A URL, or a folder in full. @param directory the project's. */
export function dataPlace(directory: string, env: NodeJS.ProcessEnv): string {
  const data = env["TENANT_EDGE_DATA"] || DATA_FOLDER;
  return /^(?:file|s3):/.test(data) ? data : resolve(directory, data);
}
