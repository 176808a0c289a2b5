/** Kills the engine or the program during `pulumi up` or `pulumi destroy`, and has it completed. */
import { tenantNames } from "../../naming/names.ts";
import type { PulumiResult } from "../../sandbox/engine/runPulumi.ts";
import { runCommand } from "../command.ts";
import { ACTOR, ENVIRONMENT } from "./config.ts";
import type { KillStack } from "./killStack.ts";
import { describeMoment, type Moment } from "./moments.ts";
import { complaintOf, type Outcome } from "./outcome.ts";
import { killAll, Role } from "./processes.ts";
import type { UpdateStep } from "./updates.ts";

/** What an operator does about the lock of a killed engine. */
export const Way = {
  /** `tenant-edge repair`, and the same command again. */
  Repair: "repair",
  /**
   * As the engine itself says: `pulumi cancel`, and the same command again; repair comes later. Where the command meets
   * what only that can mend, it is run once more after it.
   */
  Cancel: "cancel",
} as const;
export type Way = (typeof Way)[keyof typeof Way];

const LOCKED = "the stack is currently locked";
/** What repair alone can mend: what is left of a network, and a state whose side file was not written to its end. */
const FOR_REPAIR = ["tenant-edge repair", "failed to load checkpoint: EOF"];

export async function killedUpdate(
  target: KillStack,
  step: UpdateStep,
  role: Role,
  moment: Moment,
  way: Way = Way.Repair,
): Promise<Outcome> {
  const { stack, tap } = target;
  const { entries, isDestroy = false } = step;
  const left = isDestroy ? [] : entries;
  const update = () => stack.pulumi([isDestroy ? "destroy" : "up", "--yes", "--skip-preview"]);

  const before = target.before();
  const staying = new Set(left.map(({ id }) => tenantNames(ENVIRONMENT, id).bucket));
  const going = before.filter(({ kind, id }) => kind === "bucket" && !staying.has(id));
  target.emptyBuckets(going.map(({ id }) => id));
  stack.configure({ "tenant-edge:tenants": entries });

  let hits = 0;
  tap.set(moment, () => {
    hits += killAll(stack.folder, [role]);
  });
  const first = await update();
  tap.set(undefined);

  const isHit = hits > 0;
  const by = role === Role.Engine ? `, completed by ${way}` : "";
  const name = `${step.name}, ${role} killed ${describeMoment(moment)}${by}`;
  const failed = (why: string): Outcome => ({ name, isHit, lost: [], orphans: [], wrong: [why] });

  const problem = isHit
    ? await (role === Role.Engine ? WAYS[way](target, update) : twice(update))
    : refusal("the run that was left alone failed", first);
  if (problem !== undefined) return failed(problem);
  const findings = await target.look(before, left);
  if (!isDestroy) {
    const preview = await stack.pulumi(["preview", "--expect-no-changes"]);
    if (preview.exitCode !== 0) findings.wrong.push(`a preview has changes:\n${complaintOf(preview)}`);
  }
  return { name, isHit, ...findings };
}

type Update = () => Promise<PulumiResult>;

const repair = ({ stack }: KillStack) => runCommand(stack, ACTOR, ["repair", "--yes"]);

/** @returns what is wrong, when something is. */
const WAYS: Record<Way, (target: KillStack, update: Update) => Promise<string | undefined>> = {
  [Way.Repair]: async (target, update) =>
    refusal("cannot be repaired", await repair(target)) ?? refusal("cannot be completed", await update()),
  [Way.Cancel]: async (target, update) => {
    let result = await update();
    const text = result.stdout + result.stderr;
    if (text.includes(LOCKED)) {
      if (!text.includes("pulumi cancel")) return `the lock is not explained:\n${complaintOf(result)}`;
      await target.stack.pulumi(["cancel", "--yes"]);
      result = await update();
    }
    const hasMet =
      result.exitCode !== 0 && FOR_REPAIR.some((words) => (result.stdout + result.stderr).includes(words));
    if (!hasMet)
      return refusal("cannot be completed", result) ?? refusal("cannot be repaired", await repair(target));
    return (
      refusal("cannot be repaired", await repair(target)) ?? refusal("cannot be completed", await update())
    );
  },
};

async function twice(update: Update): Promise<string | undefined> {
  const { exitCode } = await update();
  return exitCode === 0 ? undefined : refusal("cannot be completed", await update());
}

function refusal(what: string, result: PulumiResult): string | undefined {
  return result.exitCode === 0 ? undefined : `${what}:\n${complaintOf(result)}`;
}
