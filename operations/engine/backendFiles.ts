/** Files of a backend in a folder: another process may remove them, or was killed while it wrote them. */

/** What cannot be read for another reason may be as good as ever: nothing else may take its place. */
export async function unlessMissing<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** What the engine writes is JSON throughout: a part of it is not. */
export function isWhole(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
