/** Policies: thirty misconfigurations are caught, each by the policy that is for it, and no good stack is refused. */
import type { DeepPart } from "../part.ts";
import { goodStacks } from "./goodStacks.ts";
import { MISCONFIGURATIONS } from "./misconfigurations.ts";
import { tryGoodStack } from "./tryGoodStack.ts";
import { tryMisconfigurations } from "./tryMisconfigurations.ts";

export const part: DeepPart = {
  title: "Policies",
  async run({ engine, seed, report }) {
    const failures: string[] = [];
    const numbers = [...MISCONFIGURATIONS.keys()];
    const { tried, others, output } = await tryMisconfigurations(engine, seed, numbers);
    const missed = tried.filter(({ isCaught }) => !isCaught);
    report(`${tried.length - missed.length} of ${tried.length} misconfigurations caught`);
    failures.push(
      ...missed.map(({ name, policy }) => `seed ${seed}: ${name} was not caught by ${policy}`),
      ...others.map(({ policy, resource, message }) => `seed ${seed}: ${policy} at ${resource}: ${message}`),
    );
    if (missed.length > 0) failures.push(`seed ${seed}: the engine said\n${output}`);

    const stacks = goodStacks();
    let good = 0;
    for (const stack of stacks) {
      const problem = await tryGoodStack(engine, stack);
      if (problem === undefined) good += 1;
      else failures.push(`${stack.name}: ${problem}`);
      report(`${stack.name}: ${problem === undefined ? "nothing to say" : "refused"}`);
    }
    return {
      rows: [
        { name: "misconfigurations", cases: tried.length, survived: tried.length - missed.length },
        { name: "good stacks", cases: stacks.length, survived: good },
      ],
      figures: [],
      failures,
    };
  },
};
