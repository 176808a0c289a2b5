/** A measured figure and, where the product promises one, its bound. */
export interface Figure {
  name: string;
  value: number;
  unit: string;
  bound?: number;
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
