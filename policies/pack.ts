/** The policy pack, as the engine runs it: `pulumi preview --policy-pack policies`. */
import {
  type EnforcementLevel,
  PolicyPack,
  type PolicyResource,
  type ResourceValidationArgs,
} from "@pulumi/policy";
import config from "./config.json" with { type: "json" };
import { type Declared, describeViolation } from "./policy.ts";
import { RESOURCE_RULES, STACK_RULES } from "./rules.ts";
import { knownValues } from "./values.ts";

function declared({ type, name, urn, opts, props }: ResourceValidationArgs | PolicyResource): Declared {
  return { type, name, urn, protect: opts.protect, values: knownValues(props) };
}

const LEVEL: EnforcementLevel = "mandatory";

/** Settings without a level of their own would lower that of their policy. */
const initialConfig = Object.fromEntries(
  Object.entries(config).map(([name, settings]) => [name, { enforcementLevel: LEVEL, ...settings }]),
);

new PolicyPack(
  "tenant-edge",
  {
    enforcementLevel: LEVEL,
    policies: [
      ...RESOURCE_RULES.map(({ check, ...rule }) => ({
        ...rule,
        validateResource(args: ResourceValidationArgs, report: (message: string) => void) {
          const resource = declared(args);
          for (const violation of check(resource, args.getConfig()))
            report(describeViolation(resource, violation));
        },
      })),
      ...STACK_RULES.map(({ checkStack, ...rule }) => ({
        ...rule,
        validateStack(
          { resources, getConfig }: { resources: PolicyResource[]; getConfig(): Record<string, unknown> },
          report: (message: string, urn?: string) => void,
        ) {
          for (const { resource, ...violation } of checkStack(resources.map(declared), getConfig())) {
            report(describeViolation(resource, violation), resource.urn);
          }
        },
      })),
    ],
  },
  initialConfig,
);
