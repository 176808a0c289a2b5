/** Names of stacks by their number: `prod`, `prod-2`, `prod-3`. */

const NUMBERED = /^(.+)-(\d+)$/;

/** The name after the last one of a series: `prod-4` after `prod` and `prod-3`, also when there is no `prod-2`. */
export function nextName(like: string, taken: readonly string[]): string {
  const base = NUMBERED.exec(like)?.[1] ?? like;
  const numbers = taken.map((name) => {
    const [, series, number] = NUMBERED.exec(name) ?? [];
    return series === base ? Number(number) : 1;
  });
  return `${base}-${Math.max(1, ...numbers) + 1}`;
}
