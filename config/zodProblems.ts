/** Turns what zod reports into problems that name the found value, what is allowed and the nearest known key. */
import { closest, distance } from "fastest-levenshtein";
import { z } from "zod";
import { formatPath, type Problem, show } from "./problems.ts";

type Issue = z.core.$ZodIssue;

/** Keys this far from a known one count as a misspelling of it. */
const MISSPELLING_DISTANCE = 3;

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== "object" || current === null) return undefined;
    current = Reflect.get(current, step);
  }
  return current;
}

/** The schema inside defaults, optionals and pipes. */
function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return unwrapped(schema.unwrap());
  }
  return schema;
}

function schemaAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): z.core.$ZodType | undefined {
  let current: z.core.$ZodType | undefined = unwrapped(schema);
  for (const step of path) {
    if (current instanceof z.ZodObject) current = current.shape[String(step)];
    else if (current instanceof z.ZodArray) current = current.element;
    else if (current instanceof z.ZodRecord) current = current.valueType;
    else return undefined;
    if (current === undefined) return undefined;
    current = unwrapped(current);
  }
  return current;
}

/** The one of `known` that somebody who wrote `key` probably meant. */
export function nearest(key: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const candidate = closest(key, [...known]);
  return distance(key.toLowerCase(), candidate.toLowerCase()) <= MISSPELLING_DISTANCE ? candidate : undefined;
}

export function unknownKey(path: readonly PropertyKey[], value: unknown, known: readonly string[]): Problem {
  const key = String(path.at(-1));
  const meant = nearest(key, known);
  return {
    path: formatPath(path),
    found: `an unknown key with the value ${show(value)}`,
    allowed: [...known].sort().join(", "),
    action: meant === undefined ? "remove the key" : `did you mean ${meant}?`,
  };
}

const EXPECTED: Record<string, string> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
  object: "an object",
  record: "an object",
  string: "a string",
};

function allowedBy(issue: Issue, schema: z.core.$ZodType | undefined): string {
  switch (issue.code) {
    case "invalid_type": {
      const inWords =
        schema === undefined ? undefined : z.globalRegistry.get(schema)?.["patternErrorMessage"];
      return typeof inWords === "string" ? inWords : (EXPECTED[issue.expected] ?? issue.expected);
    }
    case "invalid_value":
      return issue.values.map((value) => show(value)).join(", ");
    case "too_small":
      return issue.origin === "array" ? `at least ${issue.minimum} entries` : `at least ${issue.minimum}`;
    case "too_big":
      if (issue.origin === "array") return `at most ${issue.maximum} entries`;
      return issue.origin === "string" ? `at most ${issue.maximum} characters` : `at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}

/** What to do about `found`, where that is not plain from what is allowed. */
function actionFor(issue: Issue, found: unknown, schema: z.core.$ZodType | undefined): string | undefined {
  if (found === undefined) return "add it";
  const isScalar = typeof found === "number" || typeof found === "boolean";
  const wantsText = issue.code === "invalid_type" && issue.expected === "string";
  if (!isScalar || !wantsText || schema === undefined) return undefined;
  return z.safeParse(schema, String(found)).success ? "write it in quotes" : undefined;
}

/**
 * @param schema of `value`. @param prefix path of `value` in the configuration.
 */
export function zodProblems(
  schema: z.core.$ZodType,
  value: unknown,
  issues: readonly Issue[],
  prefix: readonly PropertyKey[],
): Problem[] {
  return issues.flatMap((issue): Problem[] => {
    const path = [...prefix, ...issue.path];
    if (issue.code === "unrecognized_keys") {
      const object = schemaAt(schema, issue.path);
      const known = object instanceof z.ZodObject ? Object.keys(object.shape) : [];
      return issue.keys.map((key) => unknownKey([...path, key], valueAt(value, [...issue.path, key]), known));
    }
    if (issue.code === "invalid_key") {
      const allowed = issue.issues.map((inner) => inner.message).join("; ");
      return [{ path: formatPath(path), found: `the key ${show(issue.path.at(-1))}`, allowed }];
    }
    const found = valueAt(value, issue.path);
    const place = schemaAt(schema, issue.path);
    const action = actionFor(issue, found, place);
    return [
      {
        path: formatPath(path),
        found: show(found),
        allowed: allowedBy(issue, place),
        ...(action === undefined ? {} : { action }),
      },
    ];
  });
}
