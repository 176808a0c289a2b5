/** Version 2: a display name is one line. Before, it could have any characters. */

type Raw = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Raw =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function oneLine(name: string): string {
  return name.replaceAll(/(?<!\s)\s*[\r\n]\s*/g, " ").trim();
}

export function oneLineNames(raw: Raw): Raw {
  const { tenants } = raw;
  if (!Array.isArray(tenants)) return raw;
  return {
    ...raw,
    tenants: tenants.map((entry: unknown) => {
      if (!isRecord(entry) || typeof entry["displayName"] !== "string") return entry;
      const { displayName } = entry;
      return /[\r\n]/.test(displayName) ? { ...entry, displayName: oneLine(displayName) } : entry;
    }),
  };
}
