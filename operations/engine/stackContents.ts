/** What a stack holds, from its exported state. Secrets in it stay encrypted. */
import { z } from "zod";
import { parseDeployed } from "../../lifecycle/deployed.ts";
import type { StackContents } from "../../orphans/known.ts";

const STACK = "pulumi:pulumi:Stack";

const exported = z.object({
  deployment: z
    .object({
      resources: z
        .array(
          z.object({
            type: z.string(),
            id: z.string().optional(),
            outputs: z.record(z.string(), z.unknown()).optional(),
          }),
        )
        .default([]),
    })
    .nullish(),
});

/** @param text what `pulumi stack export` prints. @throws Error when it is no state. */
export function stackContents(stack: string, text: string): StackContents {
  const resources = exported.parse(JSON.parse(text)).deployment?.resources ?? [];
  const outputs = resources.find(({ type }) => type === STACK)?.outputs;
  return {
    stack,
    deployed: parseDeployed(outputs?.["tenants"]),
    resourceIds: new Set(resources.flatMap(({ id }) => (id === undefined ? [] : [id]))),
  };
}
