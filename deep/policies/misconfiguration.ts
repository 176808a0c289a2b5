/** A way to set a stack up wrong. */

export type Values = Readonly<Record<string, unknown>>;

/** What is chosen by chance. */
export interface Chance {
  /** A whole number below this one. */
  below(limit: number): number;
  /** That many bytes. */
  bytes(length: number): Buffer;
}

export interface Misconfiguration {
  name: string;
  /** The policy that catches it. */
  policy: string;
  /** Of the resource that is wrong. */
  type: string;
  /** How its name goes on after the tenant's id; a name that begins with `/` is the rest of the network's. */
  resource: string;
  /** What takes the place of the program's own values. A resource that the program has not is added with these. */
  change(values: Values, chance: Chance, tenant: string): Values;
  /** True: it is not protected. */
  unprotected?: boolean;
  /** True: the program does not have it. */
  added?: boolean;
}

/** The same values with another one at this path. */
export function set(path: string, value: unknown) {
  const [key = "", ...rest] = path.split(".");
  return (values: Values): Values => ({
    ...values,
    [key]: rest.length === 0 ? value : set(rest.join("."), value)((values[key] ?? {}) as Values),
  });
}
