/** What the wire protocols of the services have in common. */
import type { AwsError, Caller } from "../operation.ts";
import type { AwsOperations } from "../operations.ts";

/** Calls an operation in the name of the caller of a request. */
export type Invoke = <Name extends keyof AwsOperations>(
  name: Name,
  input: AwsOperations[Name]["input"],
  caller: Caller,
) => Promise<AwsOperations[Name]["output"]>;

export interface WireRequest {
  /** Lower-case names. */
  headers: Record<string, string>;
  body: string;
  requestId: string;
}

export interface WireResponse {
  status: number;
  contentType: string;
  body: string;
}

/** How one service reads requests and writes answers and errors. */
export interface Protocol {
  /** Performs the request. Throws AwsError. */
  handle(request: WireRequest, caller: Caller, invoke: Invoke): Promise<WireResponse>;
  /** The error as this service writes it. Codes of authentication errors differ from service to service. */
  refuse(error: AwsError, requestId: string): WireResponse;
}
