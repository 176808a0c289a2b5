/** Writes docs/licences.md: the licences of all packages that the lockfile names. */
import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";

const PAGE = new URL("../docs/licences.md", import.meta.url);
const LOCKFILE = new URL("../package-lock.json", import.meta.url);

const lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({ version: z.string(), license: z.string().default("none"), dev: z.boolean().default(false) }),
  ),
});

interface LicensedPackage {
  name: string;
  version: string;
  /** SPDX expression. */
  licence: string;
  /** true: only needed to develop; no part of what is installed by those who use the package. */
  dev: boolean;
}

/** What packages say only in a file of theirs; read there. */
const IN_FILES: Readonly<Record<string, string>> = { "@logdna/tail-file": "MIT" };

/** Every package of the lockfile but the project itself; the same version in several places once. */
export function licensedPackages(lockfileText: string): LicensedPackage[] {
  const { packages } = lockfile.parse(JSON.parse(lockfileText));
  const found = new Map<string, LicensedPackage>();
  for (const [path, { version, license, dev }] of Object.entries(packages)) {
    if (path === "") continue;
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    const former = found.get(`${name} ${version}`);
    const licence = (IN_FILES[name] ?? license).replace(/^\((.*)\)$/, "$1");
    found.set(`${name} ${version}`, { name, version, licence, dev: dev && (former?.dev ?? true) });
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function section(packages: readonly LicensedPackage[]): string {
  const byLicence = Map.groupBy(packages, ({ licence }) => licence);
  const rows = [...byLicence]
    .sort(([one, first], [other, second]) => second.length - first.length || (one < other ? -1 : 1))
    .map(([licence, of]) => {
      const names = of.map(({ name, version }) => `${name} ${version}`).join(", ");
      return `| ${licence} | ${of.length} | ${names} |`;
    });
  return ["| licence | packages | which |", "|---|---|---|", ...rows].join("\n");
}

/** The text of the page. */
export function licencesPage(lockfileText: string): string {
  const all = licensedPackages(lockfileText);
  return `# Licences of the dependencies

tenant-edge itself has the licence Apache-2.0. This page is made of \`package-lock.json\` by \`npm run generate\`; a test refuses
licences that nobody has looked at.

## Installed with the package

${section(all.filter(({ dev }) => !dev))}

## For development alone

Tests and tools use these; nobody who installs the package gets them.

${section(all.filter(({ dev }) => dev))}
`;
}

if (import.meta.main) writeFileSync(PAGE, licencesPage(readFileSync(LOCKFILE, "utf8")));
