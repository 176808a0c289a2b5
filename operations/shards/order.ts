/** In which order the stacks of an environment come: prod, prod-2, prod-10. */
const collator = new Intl.Collator("en", { numeric: true });

export function inOrder<T extends { readonly stack: string }>(stacks: readonly T[]): T[] {
  return stacks.toSorted((one, other) => collator.compare(one.stack, other.stack));
}
