/** What is checked before anything is done, of far more tenants than one environment has. */
import { type CheckRun, StackFiles } from "../check.ts";
import { Check } from "../checkKind.ts";
import { type Figure, median } from "../figure.ts";
import type { BenchPart } from "../part.ts";

const FILES = { few: 4, many: 40 };
const TENANTS_PER_FILE = 50;
/** Megabytes. */
const MEMORY_BOUND = 350;

/** Times what so many times fewer tenants take: in proportion, with room for what else happens. */
const LINEAR_BOUND = 1.5;

const CHECKS: readonly { kind: Check; what: string; milliseconds: number }[] = [
  { kind: Check.Validation, what: "configuration, one list", milliseconds: 1_000 },
  { kind: Check.Beside, what: "environment, one stack beside the others", milliseconds: 2_000 },
  { kind: Check.All, what: "environment, all stacks", milliseconds: 2_000 },
];

export const part: BenchPart = {
  title: "Checks",
  async run({ repetitions, report }): Promise<Figure[]> {
    const few = new StackFiles(FILES.few, TENANTS_PER_FILE);
    const many = new StackFiles(FILES.many, TENANTS_PER_FILE);
    const more = FILES.many / FILES.few;
    const tenants = FILES.many * TENANTS_PER_FILE;
    const figures: Figure[] = [];
    try {
      for (const { kind, what, milliseconds: bound } of CHECKS) {
        report(what);
        const runs: { few: CheckRun; many: CheckRun }[] = [];
        for (let run = 0; run < repetitions; run += 1) {
          runs.push({ few: await few.check(kind), many: await many.check(kind) });
        }
        const time = median(runs.map((run) => run.many.milliseconds));
        const less = median(runs.map((run) => run.few.milliseconds));
        figures.push(
          {
            name: `${what}, ${tenants} tenants`,
            value: time,
            unit: "ms",
            runs: repetitions,
            bound,
            ratio: {
              value: time / (more * less),
              of: `${more} times that of ${tenants / more}`,
              bound: LINEAR_BOUND,
            },
          },
          {
            name: `memory: ${what}, ${tenants} tenants`,
            value: Math.max(...runs.map((run) => run.many.memory)),
            unit: "MB",
            runs: repetitions,
            bound: MEMORY_BOUND,
          },
        );
      }
    } finally {
      few.close();
      many.close();
    }
    return figures;
  },
};
