/** Files of a backend that another process may remove, or never made. */

/** What cannot be read for another reason may be as good as ever: nothing else may take its place. */
export async function unlessMissing<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
