/** A user's own cloud-config beside ours: lists are appended to ours, and what is ours cannot be changed. */
import { posix } from "node:path";
import { APP_GROUP, LIBEXEC, UNIT_FOLDER } from "./paths.ts";

export type CloudConfigDocument = Readonly<Record<string, unknown>>;

/** Something in the user's cloud-config that cannot be merged. */
export interface CloudConfigProblem {
  /** Keys and positions from the top of the user's document. */
  path: (string | number)[];
  found: unknown;
  allowed: string;
}

/** Lists of ours that the user's entries are appended to. */
const APPENDED = new Set(["groups", "runcmd", "users", "write_files"]);

/** Keys that decide what cloud-init does with all the others. */
const FORBIDDEN = new Map([
  ["bootcmd", "use runcmd: a bootcmd runs at every boot, before anything of ours is there"],
  ["cloud_config_modules", "the modules of the image: ours need them"],
  ["cloud_final_modules", "the modules of the image: ours need them"],
  ["cloud_init_modules", "the modules of the image: ours need them"],
  ["datasource", "the data source of the image"],
  ["datasource_list", "the data source of the image"],
  ["disable_ec2_metadata", "the metadata service: the host takes the credentials of its role from there"],
  ["merge_how", "no rule of its own: lists are appended, and nothing of ours is replaced"],
  ["merge_type", "no rule of its own: lists are appended, and nothing of ours is replaced"],
  ["system_info", "the distribution's own settings"],
  ["vendor_data", "no vendor data"],
]);

/** Folders and files that are ours. `/var/run` is a link to `/run`. */
const OWN_PLACES = [
  LIBEXEC,
  "/etc/tenant-edge",
  "/run/tenant-edge",
  "/var/run/tenant-edge",
  "/usr/local/bin/cloudflared",
];

/** Where systemd looks for units and their drop-ins. Manual page systemd.unit(5), "Unit File Load Path". */
const UNIT_FOLDERS = [
  `${UNIT_FOLDER}.control`,
  UNIT_FOLDER,
  "/run/systemd/system.control",
  "/run/systemd/transient",
  "/run/systemd/generator.early",
  "/run/systemd/generator",
  "/run/systemd/generator.late",
  "/run/systemd/system",
  "/usr/local/lib/systemd/system",
  "/usr/lib/systemd/system",
  "/lib/systemd/system",
];

/**
 * Below those folders: our units, their drop-ins, those that hold for every unit of a kind or of a beginning of our
 * names (`service.d`, `tenant-.service.d`), and our own drop-in of the app's unit.
 */
const OWN_UNIT = /^(?:cloudflared@|tenant-edge-)|^(?:tenant-\.)?(?:service|timer)\.d$|^tenant-edge\.conf$/;

function isOurs(path: string): boolean {
  // cloud-init takes etc//a/../b for /etc/b, and every other character as it is.
  const normal = posix.resolve("/", path);
  if (OWN_PLACES.some((own) => normal === own || normal.startsWith(`${own}/`))) return true;
  return UNIT_FOLDERS.some(
    (folder) =>
      normal === folder ||
      (normal.startsWith(`${folder}/`) &&
        normal
          .slice(folder.length + 1)
          .split("/")
          .some((part) => OWN_UNIT.test(part))),
  );
}

/** Users and groups that are ours. */
const OWN_NAMES = new Set<string>([APP_GROUP, "cloudflared"]);

/** What an entry of `users` or `groups` names: in a text, a list, an object with a name, or an object of names. */
function namesOf(entry: unknown): string[] {
  if (typeof entry === "string") return entry.split(",").map((name) => name.trim());
  if (Array.isArray(entry)) return entry.flatMap(namesOf);
  if (typeof entry !== "object" || entry === null) return [];
  return [...("name" in entry ? namesOf(entry.name) : []), ...Object.keys(entry)];
}

function nameProblems(path: (string | number)[], entry: unknown): CloudConfigProblem[] {
  const found = namesOf(entry).find((name) => OWN_NAMES.has(name));
  return found === undefined ? [] : [{ path, found, allowed: "another name: this one is tenant-edge's own" }];
}

function entryProblems(key: string, entry: unknown, index: number): CloudConfigProblem[] {
  const path = [key, index];
  if (key === "users" || key === "groups") return nameProblems(path, entry);
  if (key !== "write_files") return [];
  const target = typeof entry === "object" && entry !== null && "path" in entry ? entry.path : undefined;
  if (typeof target !== "string") return [{ path, found: entry, allowed: "an object with a path" }];
  return isOurs(target)
    ? [{ path: [...path, "path"], found: target, allowed: "a path that is not one of tenant-edge's own" }]
    : [];
}

/** Everything that stands in the way of merging it with ours. */
export function cloudConfigProblems(extra: CloudConfigDocument): CloudConfigProblem[] {
  return Object.entries(extra).flatMap(([key, value]): CloudConfigProblem[] => {
    const reason = FORBIDDEN.get(key);
    if (reason !== undefined) return [{ path: [key], found: key, allowed: reason }];
    // The default user's other name.
    if (key === "user") return nameProblems([key], value);
    if (!APPENDED.has(key)) return [];
    if (!Array.isArray(value))
      return [{ path: [key], found: value, allowed: "a list: it is appended to ours" }];
    return value.flatMap((entry: unknown, index) => entryProblems(key, entry, index));
  });
}

export function describeProblem({ path, allowed }: CloudConfigProblem): string {
  return `cloudConfig.${path.join(".")}: allowed is ${allowed}`;
}

/** @throws Error when the two cannot be merged. */
export function mergeCloudConfig(ours: CloudConfigDocument, extra: CloudConfigDocument): CloudConfigDocument {
  const [problem] = cloudConfigProblems(extra);
  if (problem !== undefined) throw new Error(describeProblem(problem));
  const merged: Record<string, unknown> = { ...extra, ...ours };
  for (const key of APPENDED) {
    const [first, second] = [ours[key], extra[key]];
    if (Array.isArray(first) && Array.isArray(second)) merged[key] = [...first, ...second];
  }
  return merged;
}
