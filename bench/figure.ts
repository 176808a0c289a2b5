/** A measured figure and, where the product promises one, its bound. */
export interface Figure {
  name: string;
  value: number;
  unit: string;
  bound?: number;
}
