/** The JSON Schema of stack files, for editors: made from the schema of their values. */
import { z } from "zod";
import { REGION } from "./networkSchema.ts";
import { NAMESPACE } from "./problems.ts";
import { stackSchema } from "./schema.ts";

/** Schema of a whole `Pulumi.<stack>.yaml`. Keys of other packages (`aws:region`) are left alone. */
export function stackFileSchema(): Record<string, unknown> {
  const {
    $schema,
    properties = {},
    required = [],
  } = z.toJSONSchema(stackSchema, { io: "input", target: "draft-7" });
  const ours = Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [`${NAMESPACE}${key}`, value]),
  );
  return {
    $schema,
    title: "Stack file of tenant-edge",
    type: "object",
    properties: {
      config: {
        type: "object",
        properties: {
          "aws:region": {
            type: "string",
            pattern: REGION.source,
            description: "AWS region of the hosts and parameters.",
          },
          ...ours,
        },
        required: ["aws:region", ...required.map((key) => `${NAMESPACE}${key}`)],
        propertyNames: { anyOf: [{ enum: Object.keys(ours) }, { not: { pattern: `^${NAMESPACE}` } }] },
      },
      secretsprovider: { type: "string" },
      encryptionsalt: { type: "string" },
      encryptedkey: { type: "string" },
    },
    required: ["config"],
  };
}
