/** What a host's kernel answers when a file cannot be read or written. */

/** Error codes of the kernel with the words of the C library. */
export const FileProblem = {
  ENOENT: "No such file or directory",
  EACCES: "Permission denied",
  EPERM: "Operation not permitted",
  EISDIR: "Is a directory",
  ENOTDIR: "Not a directory",
  EEXIST: "File exists",
  ENOTEMPTY: "Directory not empty",
  EROFS: "Read-only file system",
  EINVAL: "Invalid argument",
} as const;
export type FileProblem = keyof typeof FileProblem;

export class FileAccessError extends Error {
  readonly code: FileProblem;

  constructor(path: string, code: FileProblem) {
    super(`${path}: ${FileProblem[code]}`);
    this.name = "FileAccessError";
    this.code = code;
  }
}
