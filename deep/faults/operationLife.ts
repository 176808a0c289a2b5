/** A tenant's life by operations, for the calls that they make themselves: to look, to drop, to empty, to mend. */
import type { Call, Operations } from "../../operations/contract.ts";
import { FaultKind, FaultPlace } from "../../sandbox/faults/kinds.ts";
import type { FaultRuleInput } from "../../sandbox/faults/rule.ts";

const tenant = "globex";

/** A provider's call whose answer is lost: the program then looks what it has made, and mends that. */
const lost = (call: string): FaultRuleInput => ({
  kind: FaultKind.timeoutAfter,
  where: FaultPlace.cloudflare,
  call,
  resource: `::${tenant}`,
  calls: [1],
});
const LOST_KEY = lost("^POST .*/tokens$");

export interface OwnStep {
  name: string;
  /** What goes wrong besides whenever a case of it is tried. */
  causes: readonly FaultRuleInput[];
  /** It leaves the tenant as it is: as many of its cases as there are can be tried in one life. */
  onlyLooks: boolean;
  /** Makes no sense without this one before it. */
  needs?: OwnStep;
  run(operations: Operations, call: Call): Promise<unknown>;
}

const ENROLL: OwnStep = {
  name: "enroll, whose tunnel was lost",
  causes: [lost("^POST .*/cfd_tunnel$")],
  onlyLooks: false,
  run: (operations, call) => operations.enroll({ tenant, host: false }, call),
};

function step(name: string, run: OwnStep["run"], more: Partial<OwnStep> = {}): OwnStep {
  return { name, causes: [], onlyLooks: false, needs: ENROLL, run, ...more };
}

const DISABLE = step("disable", (operations, call) => operations.disable({ tenant }, call));

export const REPAIR = step("repair", (operations, call) => operations.repair({}, call), { onlyLooks: true });

/** In their order. Each can be run again with the same end. */
export const OWN_LIFE: readonly OwnStep[] = [
  ENROLL,
  step("status", (operations, call) => operations.status({ tenant, probe: true }, call), { onlyLooks: true }),
  REPAIR,
  step(
    "rotate-keys, whose new key was lost",
    (operations, call) => operations.rotateKeys({ tenant, to: 2, overlapHours: 0 }, call),
    { causes: [LOST_KEY] },
  ),
  step("rotate-tunnel", (operations, call) =>
    operations.rotateTunnel({ tenant, to: 2, dropConnections: true }, call),
  ),
  DISABLE,
  step("enable, whose new key was lost", (operations, call) => operations.enable({ tenant }, call), {
    causes: [LOST_KEY],
    needs: DISABLE,
  }),
  step("remove", (operations, call) => operations.remove({ tenant, purge: true, emptyBucket: true }, call)),
];

/** These steps and those that they need, in their order. */
export function stepsWith(wanted: readonly OwnStep[]): OwnStep[] {
  const all = new Set<OwnStep>();
  for (const one of wanted) {
    for (let needed: OwnStep | undefined = one; needed !== undefined; needed = needed.needs) all.add(needed);
  }
  return OWN_LIFE.filter((one) => all.has(one));
}
