/** Where a unit lets its processes write. Manual page systemd.exec(5), "Sandboxing". */
import type { UnitFile } from "./unitFile.ts";

export interface WritablePaths {
  readOnly: string[];
  /** Below read-only ones. */
  writable: string[];
}

/** Always writable with `ProtectSystem=strict`. */
const API_PATHS = ["/dev", "/proc", "/sys"];

const PROTECTED: Record<string, string[]> = {
  yes: ["/usr", "/boot", "/efi"],
  true: ["/usr", "/boot", "/efi"],
  full: ["/usr", "/boot", "/efi", "/etc"],
  strict: ["/"],
};
const HOMES = ["/home", "/root", "/run/user"];

export function parseWritablePaths(file: UnitFile): WritablePaths {
  const isDynamic = file.boolean("Service", "DynamicUser", false);
  const system = isDynamic ? "strict" : (file.last("Service", "ProtectSystem") ?? "no");
  const home = isDynamic ? "read-only" : (file.last("Service", "ProtectHome") ?? "no");
  const own = file.words("Service", "RuntimeDirectory").map((name) => `/run/${name}`);
  const temporary = isDynamic || file.boolean("Service", "PrivateTmp", false) ? ["/tmp", "/var/tmp"] : [];
  const given = file.words("Service", "ReadWritePaths").map((path) => path.replace(/^[-+]+/, ""));
  return {
    readOnly: [
      ...(PROTECTED[system] ?? []),
      ...(home === "no" || home === "false" ? [] : HOMES),
      ...file.words("Service", "ReadOnlyPaths").map((path) => path.replace(/^[-+]+/, "")),
    ],
    writable: [...given, ...own, ...temporary, ...API_PATHS],
  };
}

function depthBelow(folders: readonly string[], path: string): number {
  const above = folders.filter(
    (folder) => folder === "/" || path === folder || path.startsWith(`${folder}/`),
  );
  return Math.max(-1, ...above.map(({ length }) => length));
}

/** The deepest folder that is named decides. */
export function mayWrite({ readOnly, writable }: WritablePaths, path: string): boolean {
  return depthBelow(readOnly, path) <= depthBelow(writable, path);
}
