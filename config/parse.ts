/** From raw values to a checked configuration, or to every problem at once. */
import { formatProblem } from "./migrations/migrate.ts";
import { REGION } from "./networkSchema.ts";
import { formatPath, type Problem, show } from "./problems.ts";
import { reservedKeys } from "./reservedKeys.ts";
import type { ParsedStack } from "./rule.ts";
import { RULES } from "./rules.ts";
import { type StackConfig, stackSchema, type TenantConfig, tenantSchema } from "./schema.ts";
import { unknownKey, zodProblems } from "./zodProblems.ts";

export type RawStack = Record<string, unknown>;

export type ParseResult =
  | { config: StackConfig; problems: [] }
  | { config: undefined; problems: [Problem, ...Problem[]] };

/**
 * Checks a stack's values by the schema and by the rules. Entries that are valid by themselves are checked by the rules
 * even when others are not, so that one run shows all there is to mend.
 *
 * @param raw values by their key without `tenant-edge:`. @param region the value of `aws:region`.
 * @param secretKeys keys of `raw` that are encrypted in the stack file, at least in part.
 */
export function parseStack(
  raw: RawStack,
  region: string | undefined,
  secretKeys: readonly string[] = [],
): ParseResult {
  // What else is wrong in a format that is not the present one, nobody knows.
  const format = formatProblem(raw);
  if (format !== undefined) return { config: undefined, problems: [format] };
  const problems: Problem[] = secretKeys.map((key) => ({
    path: formatPath([key]),
    found: "an encrypted value",
    allowed: "plain values: all of them end up in places that can be read, such as a host's user data",
    action: "keep secrets of the app in SSM or in the bucket, and remove the value here",
  }));
  const { tenants: tenantList, ...settings } = stackSchema.shape;

  const known = Object.keys(stackSchema.shape);
  for (const key of Object.keys(raw)) {
    if (!known.includes(key)) problems.push(unknownKey([key], raw[key], known));
  }

  const values: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(settings)) {
    const result = schema.safeParse(raw[key]);
    if (result.success) values[key] = result.data;
    else problems.push(...zodProblems(schema, raw[key], result.error.issues, [key]));
  }

  const tenants = new Map<number, TenantConfig>();
  const list = raw["tenants"] === undefined ? [] : raw["tenants"];
  if (!Array.isArray(list)) {
    // Not taken for an empty list: that would remove every customer of the stack.
    problems.push({
      path: formatPath(["tenants"]),
      found: show(list),
      allowed: "a list",
      action: "write [] when the stack is to have no tenants",
    });
  } else {
    for (const [index, entry] of list.entries()) {
      const result = tenantSchema.safeParse(entry);
      if (result.success) tenants.set(index, result.data);
      else
        problems.push(
          ...zodProblems(tenantList.unwrap().element, entry, result.error.issues, ["tenants", index]),
        );
    }
  }

  const told = new Set(problems.map(({ path }) => path));
  const reserved = Object.entries(raw).flatMap(([key, value]) => reservedKeys(value, [key]));
  problems.push(...reserved.filter(({ path }) => !told.has(path)));

  const knownRegion = region !== undefined && REGION.test(region) ? region : undefined;
  if (knownRegion === undefined) {
    problems.push({
      path: "aws:region",
      found: show(region),
      allowed: "an AWS region, for example eu-west-1",
      action: "pulumi config set aws:region eu-west-1",
    });
  }

  const parsed: ParsedStack = { config: values as ParsedStack["config"], tenants, region: knownRegion };
  for (const rule of RULES) problems.push(...rule(parsed));

  const [first, ...rest] = problems;
  if (first !== undefined) return { config: undefined, problems: [first, ...rest] };
  return { config: { ...values, tenants: [...tenants.values()] } as StackConfig, problems: [] };
}
