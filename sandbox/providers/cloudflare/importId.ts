/** The parts of an import id such as `account/tunnel`, named as in the real provider's error. */
export function importParts<Names extends string[]>(
  id: string,
  ...names: Names
): { [Index in keyof Names]: string } {
  const parts = id.split("/");
  if (parts.length === names.length && parts.every((part) => part !== "")) {
    return parts as { [Index in keyof Names]: string };
  }
  const expected = names.map((name) => `<${name}>`).join("/");
  throw new Error(
    `invalid ID: expected urlencoded segments ${JSON.stringify(expected)}, got ${JSON.stringify(id)}`,
  );
}
