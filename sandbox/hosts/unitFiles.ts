/** Where a host's unit files are: templates and drop-ins included. Manual page systemd.unit(5), "Unit file load path". */
import { posix } from "node:path";
import { ROOT } from "./account.ts";
import type { FileSystem } from "./fileSystem.ts";
import { parseServiceUnit, type ServiceUnit } from "./serviceUnit.ts";
import { parseTimerUnit, type TimerUnit } from "./timerUnit.ts";
import { UnitFileError } from "./unitFile.ts";

const FOLDERS = [
  "/etc/systemd/system",
  "/run/systemd/system",
  "/usr/local/lib/systemd/system",
  "/usr/lib/systemd/system",
];

export interface UnitTexts {
  text: string;
  dropIns: string[];
}

/** The unit's own name and, for `name@instance.service`, its template's. */
function fileNames(name: string): string[] {
  const [, prefix, type] = /^([^@]+)@[^@]+\.([a-z]+)$/.exec(name) ?? [];
  return prefix === undefined ? [name] : [name, `${prefix}@.${type}`];
}

/** Undefined when there is no such unit. A template by itself is none. */
export function findUnitFiles(files: FileSystem, name: string): UnitTexts | undefined {
  if (/@\.[a-z]+$/.test(name)) return undefined;
  const names = fileNames(name);
  const paths = names.flatMap((file) => FOLDERS.map((folder) => posix.join(folder, file)));
  const path = paths.find((one) => files.get(one) !== undefined);
  if (path === undefined) return undefined;
  const folders = names.flatMap((file) => FOLDERS.map((folder) => posix.join(folder, `${file}.d`)));
  // Of drop-ins with the same name, the one in the earlier folder counts.
  const dropIns = new Map<string, string>();
  for (const folder of folders) {
    for (const file of files.list(folder).filter((one) => one.endsWith(".conf"))) {
      if (!dropIns.has(file)) dropIns.set(file, files.read(posix.join(folder, file), ROOT));
    }
  }
  const sorted = [...dropIns].sort(([left], [right]) => (left < right ? -1 : 1));
  return { text: files.read(path, ROOT), dropIns: sorted.map(([, text]) => text) };
}

/** Throws UnitFileError. */
export function readService(files: FileSystem, name: string): ServiceUnit | undefined {
  const found = findUnitFiles(files, name);
  return found && parseServiceUnit(name, found.text, found.dropIns);
}

/** Throws UnitFileError. */
export function readTimer(files: FileSystem, name: string): TimerUnit | undefined {
  const found = findUnitFiles(files, name);
  return found && parseTimerUnit(name, found.text, found.dropIns);
}

export function isTimer(name: string): boolean {
  return name.endsWith(".timer");
}

/** Whether the unit can be enabled. One that cannot be read can: systemd reads its `[Install]` section alone. */
export function isInstallable(files: FileSystem, name: string): boolean {
  try {
    const unit = isTimer(name) ? readTimer(files, name) : readService(files, name);
    return unit?.installable === true;
  } catch (error) {
    if (error instanceof UnitFileError) return true;
    throw error;
  }
}
