/** The program beside the floor: the same registrations, made by a flat program in plain JavaScript. */
import { benchConfig } from "../config.ts";
import { type Figure, median } from "../figure.ts";
import { type MeasuredStack, openMeasured, openOther, Program, timed, UP } from "../measured.ts";
import type { BenchPart } from "../part.ts";
import { exportedRegistrations, type Registration } from "../registrations.ts";
import { tenantsText } from "../tenantsText.ts";

/** Times the floor's creation. */
const BOUND = 1.2;

interface Creations {
  seconds: number[];
  memory: number[];
}

async function create<T>(
  opened: Promise<MeasuredStack>,
  { seconds, memory }: Creations,
  then: (stack: MeasuredStack) => Promise<T>,
): Promise<T> {
  const stack = await opened;
  try {
    const run = await timed(stack, UP);
    seconds.push(run.seconds);
    memory.push(stack.memory());
    return await then(stack);
  } finally {
    await stack.close();
  }
}

/** In turns, so that what else the machine does concerns both. */
export const part: BenchPart = {
  title: "Against the floor",
  async run({ engine, tenants, repetitions, report }): Promise<Figure[]> {
    const runs = Math.ceil(repetitions / 2);
    const config = benchConfig(tenants);
    const ours: Creations = { seconds: [], memory: [] };
    const floor: Creations = { seconds: [], memory: [] };
    for (let run = 0; run < runs; run += 1) {
      report(`creation ${run + 1} of ${runs}`);
      const registrations = await create(openMeasured({ engine, config }), ours, exportedRegistrations);
      await create(openOther(engine, Program.Floor, config, registrations), floor, async (stack) => {
        refuseOther(registrations, await exportedRegistrations(stack));
      });
    }
    const of = tenantsText(tenants);
    const [seconds, least] = [median(ours.seconds), median(floor.seconds)];
    return [
      { name: `create ${of}, by the floor`, value: least, unit: "s", runs },
      {
        name: `create ${of}`,
        value: seconds,
        unit: "s",
        runs,
        ratio: { value: seconds / least, of: "the floor's", bound: BOUND },
      },
      { name: `memory of the floor, ${of}`, value: median(floor.memory), unit: "MB", runs },
      {
        name: `memory of the program, ${of}`,
        value: median(ours.memory),
        unit: "MB",
        runs,
        ratio: { value: median(ours.memory) / median(floor.memory), of: "the floor's" },
      },
    ];
  },
};

const namesOf = (registrations: readonly Registration[]): string[] =>
  registrations.map(({ type, name }) => `${type} ${name}`).sort();

/** @throws Error when the floor made others: then the comparison would be worth nothing. */
function refuseOther(wanted: readonly Registration[], made: readonly Registration[]): void {
  const [expected, found] = [namesOf(wanted), namesOf(made)];
  const missing = expected.filter((name) => !found.includes(name));
  if (missing.length === 0 && expected.length === found.length) return;
  throw new Error(`the floor made ${found.length} of ${expected.length} resources; missing: ${missing[0]}`);
}
