/** For which resource a provider makes a call: known in its own process, and told to the emulated APIs by headers. */
import { AsyncLocalStorage } from "node:async_hooks";
import { ResourceOperation } from "./kinds.ts";

export interface Attribution {
  urn: string;
  operation: ResourceOperation;
}

/** Nothing real knows these headers. */
const URN_HEADER = "x-sandbox-urn";
const OPERATION_HEADER = "x-sandbox-operation";

const current = new AsyncLocalStorage<Attribution>();

/** Whatever `work` calls is called for this resource. */
export function attributed<T>(to: Attribution, work: () => T): T {
  return current.run(to, work);
}

/** What `work` begins is made for no resource, also when a call for one was its cause: what hosts do by themselves. */
export function unattributed<T>(work: () => T): T {
  return current.exit(work);
}

/** `undefined` for calls of operations, of hosts and of data sources. */
export function attribution(): Attribution | undefined {
  return current.getStore();
}

export function attributionHeaders(): Record<string, string> {
  const known = attribution();
  if (known === undefined) return {};
  return { [URN_HEADER]: encodeURIComponent(known.urn), [OPERATION_HEADER]: known.operation };
}

export function attributionOf(headers: Headers): Attribution | undefined {
  const urn = headers.get(URN_HEADER);
  const operation = Object.values(ResourceOperation).find((one) => one === headers.get(OPERATION_HEADER));
  return urn === null || operation === undefined ? undefined : { urn: decodeURIComponent(urn), operation };
}
