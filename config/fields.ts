/** Kinds of values that the schema is made of. */
import { z } from "zod";

/** A string with a pattern; `allowed` says in words what it accepts, in our errors and in editors. */
export function text(pattern: RegExp, allowed: string) {
  return z.string().regex(pattern, { error: allowed }).meta({ patternErrorMessage: allowed });
}

export const wholeNumber = (minimum: number, maximum: number) => z.int().min(minimum).max(maximum);

export const HOSTNAME = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])$/;
