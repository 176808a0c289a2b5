/** Where a backend that is a folder has its files. */
import { homedir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const FILE = "file://";

/**
 * @param backend as `pulumi whoami` tells it, which is `file://~` after `pulumi login --local`.
 * @param directory from which the engine runs. @returns undefined for a backend that is no folder.
 */
export function backendFolder(backend: string, directory: string): string | undefined {
  if (!backend.startsWith(FILE)) return undefined;
  const url = backend.replace(/\?.*$/s, "");
  return join(placeOf(url, directory), ".pulumi");
}

/** Neither is a URL that Node takes: the home folder, and what is relative. Source: pulumi, `massageBlobPath`. */
function placeOf(url: string, directory: string): string {
  if (url.startsWith(`${FILE}/`)) return fileURLToPath(url);
  const path = decodeURIComponent(url.slice(FILE.length));
  return path.startsWith("~") ? join(home(), path.slice(2)) : resolve(directory, path);
}

/** As Go's `os/user.Current` tells it. */
function home(): string {
  try {
    return userInfo().homedir;
  } catch {
    return homedir();
  }
}
