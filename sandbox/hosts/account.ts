/** Who does something on a host, and what the permission bits of a file or directory let it do. */
import type { Directory } from "./file.ts";

/** Who reads or writes: a user with all of its groups. */
export interface Account {
  user: string;
  groups: readonly string[];
}

export const ROOT: Account = { user: "root", groups: ["root"] };

const OWNER_SHIFT = 6;
const GROUP_SHIFT = 3;

export const Right = { read: 4, write: 2, search: 1 } as const;
export type Right = (typeof Right)[keyof typeof Right];

export function allows({ mode, owner, group }: Directory, { user, groups }: Account, right: Right): boolean {
  if (user === ROOT.user) return true;
  const shift = user === owner ? OWNER_SHIFT : groups.includes(group) ? GROUP_SHIFT : 0;
  return ((mode >> shift) & right) !== 0;
}
