/** What several routes take. */
import { z } from "@hono/zod-openapi";
import * as contract from "../../operations/schemas.ts";

export const tenantPath = z.object({ tenant: contract.tenantId });

/** Ids that other systems gave. */
export const foreignId = contract.enrollInput.shape.hubId.unwrap();

/** Says in the document which fields have to be there: the contract checks it, in a way that JSON Schema does not see. */
export function requiringOne<S extends z.ZodType>(
  schema: S,
  choice: "anyOf" | "oneOf",
  names: readonly string[],
): S {
  // A copy, as only schemas made after the document's library was loaded can be annotated.
  return schema.clone().openapi({ [choice]: names.map((name) => ({ required: [name] })) });
}

export const enrollBody = requiringOne(contract.enrollInput, "anyOf", ["tenant", "hubId"]);
