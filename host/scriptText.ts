/** The scripts of `files/` as they go to a host. */

/** Without comments, which stay in the repository: user data has little room. The first line names the interpreter. */
export function withoutComments(text: string): string {
  const [first = "", ...lines] = text.split("\n");
  const kept = lines.filter((line) => !/^\s*#/.test(line));
  return [...(first.startsWith("#!") ? [first] : []), ...kept].join("\n");
}
