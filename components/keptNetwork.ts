/** The hooks of a network in which hosts of other stacks may live. */
import { type ComponentResourceOptions, CustomResource } from "@pulumi/pulumi";
import { ResourceType } from "../naming/resourceTypes.ts";
import { deletionHooks, makeKnown } from "./deletionHooks.ts";

/** Options of such a network: the engine asks before it deletes any part of it. */
export function keptForOthers(): ComponentResourceOptions {
  const hooks = deletionHooks();
  return {
    transformations: [
      ({ resource, type, props, opts }) => {
        if (!(resource instanceof CustomResource)) return undefined;
        if (type === ResourceType.vpc) hooks.hasNetwork = true;
        // It has no URN before its constructor is done.
        queueMicrotask(() => makeKnown(resource));
        const beforeDelete = [...(opts.hooks?.beforeDelete ?? []), hooks.network];
        return { props, opts: { ...opts, hooks: { ...opts.hooks, beforeDelete } } };
      },
    ],
  };
}
