/** The steps of a move that change the two lists. */
import { ErrorCode, OperationError } from "../../errors.ts";
import { entryDifferences } from "../../plan.ts";
import { MoveStopped } from "./moveStopped.ts";
import type { Move } from "./steps.ts";

type Entry = Readonly<Record<string, unknown>>;

/** The paths alone: there may be values that are for nobody's eyes. */
function refuseOther({ tenant, from, to }: Move, here: Entry, there: Entry): void {
  const paths = entryDifferences(here, there).map(({ path }) => path);
  if (paths.length === 0) return;
  const { location } = to.list;
  throw new MoveStopped(
    `the entries of ${tenant} in ${from.list.location} and ${location} differ in ${paths.join(", ")}; nothing was changed`,
    ["make both entries the same, as they are to be from now on, then run it again"],
  );
}

async function entryIn({ tenant }: Move, { list }: Move["from"]): Promise<Entry | undefined> {
  return (await list.read()).entries.find(({ id }) => id === tenant);
}

/** @throws MoveStopped when it is there already, and is another one. */
export async function listInTarget(move: Move): Promise<void> {
  const { tenant, from, to } = move;
  const entry = await entryIn(move, from);
  await to.list.change((document) => {
    const there = document.entry(tenant);
    if (there !== undefined) {
      if (entry !== undefined) refuseOther(move, entry, there);
      return;
    }
    if (entry === undefined) {
      throw new OperationError(
        ErrorCode.TenantNotFound,
        `${tenant} is neither in ${from.list.location} nor in ${to.list.location} any more`,
        { ways: ["put its entry back into one of them, then run it again"] },
      );
    }
    document.put({ ...entry, id: tenant });
  });
}

/** @throws MoveStopped when one of the two entries was changed since. */
export async function unlistInSource(move: Move): Promise<void> {
  const { tenant, from, to } = move;
  const there = await entryIn(move, to);
  await from.list.change((document) => {
    const here = document.entry(tenant);
    if (here === undefined) return;
    if (there === undefined) {
      throw new MoveStopped(`the entry of ${tenant} is not in ${to.list.location} any more`, [
        `copy it from ${from.list.location}, then run it again`,
      ]);
    }
    refuseOther(move, here, there);
    document.remove(tenant);
  });
}
