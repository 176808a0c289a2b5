/** What a tenant has in the clouds, as far as a change of it deletes or replaces something. */
import { z } from "zod";

export const Kind = {
  Tunnel: "tunnel",
  Record: "record",
  Bucket: "bucket",
  Token: "token",
  Host: "host",
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

const values = z.record(z.string(), z.union([z.string(), z.number()]));

/**
 * By kind, and by what tells those of one kind apart: the values that replace it when they change. Every other change
 * is made in place. A value that only one of two versions of the program knows says nothing.
 */
export const holdings = z.partialRecord(z.enum(Kind), z.record(z.string(), values));

export type Holdings = z.output<typeof holdings>;

/** Something that a tenant would lose, for good or to another in its place. */
export interface Casualty {
  tenant: string;
  kind: Kind;
  /** `bucket te-prod-acme replaced: jurisdiction default -> eu`. */
  what: string;
}

/** @param before null when nothing is known of it. */
export function casualties(tenant: string, before: Holdings | null, after: Holdings): Casualty[] {
  return Object.values(Kind).flatMap((kind) =>
    Object.entries(before?.[kind] ?? {}).flatMap(([name, old]): Casualty[] => {
      const present = after[kind]?.[name];
      if (present === undefined) return [{ tenant, kind, what: `${kind} ${name} deleted` }];
      const changed = Object.entries(old).flatMap(([key, value]) => {
        const next = present[key];
        return next === undefined || next === value ? [] : [`${key} ${value} -> ${next}`];
      });
      if (changed.length === 0) return [];
      return [{ tenant, kind, what: `${kind} ${name} replaced: ${changed.join(", ")}` }];
    }),
  );
}
