/** Formats of stack files: which one a file has, and how an earlier one becomes the present one. */
import { isDeepStrictEqual } from "node:util";
import { formatPath, type Problem, show } from "../problems.ts";
import { oneLineNames } from "./oneLineNames.ts";

/** Values by their key without `tenant-edge:`. */
type Raw = Readonly<Record<string, unknown>>;

interface Migration {
  /** The version that it leads to, from the one before. */
  to: number;
  /** What it changes, for whoever reads the diff. */
  what: string;
  apply(raw: Raw): Raw;
}

const MIGRATIONS: readonly Migration[] = [
  { to: 2, what: "the display name of a tenant is one line", apply: oneLineNames },
];

export const PRESENT_VERSION = 2;

/** A file that says nothing has the first format. Undefined for what is no version. */
export function versionOf({ schemaVersion = 1 }: Raw): number | undefined {
  const version = Number(schemaVersion);
  return Number.isInteger(version) && version >= 1 ? version : undefined;
}

function pending(raw: Raw): readonly Migration[] {
  const version = versionOf(raw) ?? PRESENT_VERSION;
  return MIGRATIONS.filter(({ to }) => to > version);
}

/** What `migrated` would change, in words. */
export function changesOf(raw: Raw): string[] {
  return pending(raw).map(({ to, what }) => `version ${to}: ${what}`);
}

/** The same settings in the present format. What is of the present or a later one, or of none, stays as it is. */
export function migrated(raw: Raw): Raw {
  const steps = pending(raw);
  if (steps.length === 0) return raw;
  return { ...steps.reduce((values, { apply }) => apply(values), raw), schemaVersion: PRESENT_VERSION };
}

/** Why a file cannot be read as it is. One of an earlier format that means the same today can. */
export function formatProblem(raw: Raw): Problem | undefined {
  const version = versionOf(raw);
  if (version === undefined || version === PRESENT_VERSION) return undefined;
  const path = formatPath(["schemaVersion"]);
  if (version > PRESENT_VERSION) {
    return {
      path,
      found: show(version),
      allowed: `1 to ${PRESENT_VERSION}`,
      action: `the file is for a later release: install a tenant-edge that reads version ${version}`,
    };
  }
  const { schemaVersion: _, ...values } = migrated(raw);
  const { schemaVersion: __, ...present } = raw;
  if (isDeepStrictEqual(values, present)) return undefined;
  return {
    path,
    found: raw["schemaVersion"] === undefined ? `nothing, which is version ${version}` : show(version),
    allowed: `${PRESENT_VERSION}: ${changesOf(raw).join("; ")}`,
    action: "npx tenant-edge migrate shows what has to change and writes it",
  };
}
