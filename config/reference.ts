/** The configuration reference in docs/configuration.md, made from the schema. */
import { z } from "zod";
import { NAMESPACE } from "./problems.ts";
import { stackSchema } from "./schema.ts";

type JsonSchema = z.core.JSONSchema.BaseSchema;

function typeOf(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(", ");
  if (schema.type === "array") return "list";
  return typeof schema.type === "string" ? schema.type : "number";
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null;
}

function rows(path: string, schema: JsonSchema, required: boolean): string[] {
  const value =
    schema.default === undefined || typeof schema.default === "object" ? undefined : schema.default;
  const fallback = value === undefined || value === "" ? "" : ` Default \`${String(value)}\`.`;
  const described = schema.description ?? "";
  const description = described.includes("Default ") ? described : `${described}${fallback}`;
  const own = `| \`${path}\` | ${typeOf(schema)} | ${required ? "yes" : ""} | ${description.trim()} |`;
  const element = isSchema(schema.items) ? schema.items : undefined;
  const container = element?.properties === undefined ? schema : element;
  const prefix = container === schema ? path : `${path}[]`;
  const inner = Object.entries(container.properties ?? {}).flatMap(([key, property]) =>
    isSchema(property) ? rows(`${prefix}.${key}`, property, container.required?.includes(key) ?? false) : [],
  );
  return [own, ...inner];
}

/** A Markdown table of every key. */
export function configReference(): string {
  const { properties = {}, required = [] } = z.toJSONSchema(stackSchema, { io: "input", target: "draft-7" });
  const body = Object.entries(properties).flatMap(([key, schema]) =>
    isSchema(schema) ? rows(`${NAMESPACE}${key}`, schema, required.includes(key)) : [],
  );
  return ["| key | type | required | what it is |", "|---|---|---|---|", ...body].join("\n");
}
