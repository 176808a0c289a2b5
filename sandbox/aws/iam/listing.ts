/** Lists of IAM: by path prefix, in the order of names, in pages. */
const DEFAULT_ITEMS = 100;
const MOST_ITEMS = 1000;

interface Asked {
  PathPrefix?: string | undefined;
  Marker?: string | undefined;
  MaxItems?: number | undefined;
}

/** The page that is asked for. The marker is the last name of the page before. */
export function iamPage<T extends { name: string; path: string }>(
  all: readonly T[],
  { PathPrefix = "/", Marker = "", MaxItems = DEFAULT_ITEMS }: Asked,
): { items: T[]; IsTruncated: boolean; Marker?: string } {
  const rest = all
    .filter(({ name, path }) => path.startsWith(PathPrefix) && name > Marker)
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  const items = rest.slice(0, Math.min(MaxItems, MOST_ITEMS));
  const last = items.at(-1);
  if (last === undefined || items.length === rest.length) return { items, IsTruncated: false };
  return { items, IsTruncated: true, Marker: last.name };
}
