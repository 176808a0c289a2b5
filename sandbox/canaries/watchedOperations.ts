import { inspect } from "node:util";
import { type Call, OPERATIONS, type Operations } from "../../operations/contract.ts";
import type { Canaries } from "./canaries.ts";

const isOperation = (name: string): name is keyof typeof OPERATIONS => name in OPERATIONS;

/** All of an error that a logger could print, its causes included. */
const whole = (error: unknown) => inspect(error, { depth: 8, maxStringLength: null, maxArrayLength: null });

/** The same operations, whose progress, plans, errors, and results without the fields for secrets are searched. */
export function watchedOperations(operations: Operations, canaries: Canaries): Operations {
  return new Proxy(operations, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function" || typeof name !== "string") return member;
      return async (...args: unknown[]) => {
        const call = args[1] as Call | undefined;
        const onProgress: Call["onProgress"] = (event) => {
          canaries.record(`the progress of ${name}`, JSON.stringify(event));
          call?.onProgress?.(event);
        };
        const given = isOperation(name) ? [args[0], { ...call, onProgress }] : args;
        try {
          const result: unknown = await Reflect.apply(member, target, given);
          const secret: readonly string[] = isOperation(name) ? OPERATIONS[name].secrets : [];
          const open = JSON.stringify(result, (key, value: unknown) => (secret.includes(key) ? null : value));
          canaries.record(`the result of ${name}`, open ?? "");
          return result;
        } catch (error) {
          canaries.record(`an error of ${name}`, whole(error));
          throw error;
        }
      };
    },
  });
}
