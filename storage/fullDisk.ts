/** A disk without room, or a user without any more of it. */
const FULL = new Set(["ENOSPC", "EDQUOT"]);

/** What to do about an error of the file system by its code, as a sentence behind others; empty when it is another one. */
export function fullDiskAdvice(code: string | undefined): string {
  return FULL.has(code ?? "") ? " The disk is full: make room there and run it again. Nothing was lost." : "";
}
