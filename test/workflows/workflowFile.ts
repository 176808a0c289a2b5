/** The parts of a workflow or composite action that the rules look at. What else is in one, the linter checks. */
import { parse } from "yaml";
import { z } from "zod";

const Values = z.record(z.string(), z.unknown());
/** GitHub fills these in from expressions, so that a boolean may also be a string. */
const Concurrency = z.looseObject({
  group: z.string(),
  "cancel-in-progress": z.unknown().optional(),
  queue: z.string().optional(),
});

const Step = z.looseObject({
  run: z.string().optional(),
  uses: z.string().optional(),
  with: Values.optional(),
  env: Values.optional(),
});

const Job = z.looseObject({
  if: z.string().optional(),
  needs: z.union([z.string().transform((job) => [job]), z.array(z.string())]).default([]),
  /** A workflow that is called in place of steps. */
  uses: z.string().optional(),
  /** Its name, however it is written. */
  environment: z
    .union([z.string(), z.looseObject({ name: z.string() }).transform(({ name }) => name)])
    .optional(),
  secrets: z.unknown().optional(),
  permissions: z.unknown().optional(),
  "timeout-minutes": z.unknown().optional(),
  env: Values.optional(),
  concurrency: Concurrency.optional(),
  strategy: z.looseObject({ matrix: Values.optional() }).optional(),
  steps: z.array(Step).default([]),
});

const Workflow = z.looseObject({
  on: z.unknown().optional(),
  permissions: z.unknown().optional(),
  env: Values.optional(),
  jobs: z.record(z.string(), Job),
});

const CompositeAction = z.looseObject({
  inputs: z.record(z.string(), z.looseObject({ required: z.boolean().optional() })).default({}),
  runs: z.looseObject({ using: z.literal("composite"), steps: z.array(Step) }),
});

export type Step = z.infer<typeof Step>;
export type Job = z.infer<typeof Job>;
export type Workflow = z.infer<typeof Workflow>;
export type CompositeAction = z.infer<typeof CompositeAction>;

export const parseWorkflow = (text: string): Workflow => Workflow.parse(parse(text));
export const parseCompositeAction = (text: string): CompositeAction => CompositeAction.parse(parse(text));
