/** The page of a list that `MaxResults` and `NextToken` ask for, with the token of the next one when there is more. */
export function pageOf<T>(
  all: readonly T[],
  { MaxResults, NextToken }: { MaxResults?: number | undefined; NextToken?: string | undefined },
  most = all.length,
): { items: T[]; NextToken?: string } {
  const start = Number(NextToken ?? 0);
  const end = start + Math.min(MaxResults ?? most, most);
  return { items: all.slice(start, end), ...(end < all.length && { NextToken: String(end) }) };
}
