/** What a request carries through the service. */
import type { HttpBindings } from "@hono/node-server";
import type { Caller } from "./auth/tokens.ts";
import type { ProblemCode } from "./problems/problemTypes.ts";

export interface ServiceEnv {
  /** Absent when the app is called without a server. */
  Bindings: Partial<HttpBindings>;
  Variables: {
    requestId: string;
    /** Set by `allow`: routes that need no token have none. */
    caller: Caller;
    problemCode: ProblemCode | undefined;
  };
}
