/** What is installed is what was looked at: exact versions, checksums, known licences, no scripts that nobody expects. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { licencesPage, licensedPackages } from "../../scripts/licences.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

const versions = z.record(z.string(), z.string()).default({});
const sections = z.object({
  dependencies: versions,
  devDependencies: versions,
  optionalDependencies: versions,
});
const manifest = sections.parse(JSON.parse(read("package.json")));
const lockfile = z
  .object({
    lockfileVersion: z.literal(3),
    packages: z.record(
      z.string(),
      z.looseObject({
        version: z.string(),
        resolved: z.string().optional(),
        integrity: z.string().optional(),
        dev: z.boolean().optional(),
        hasInstallScript: z.boolean().optional(),
      }),
    ),
  })
  .parse(JSON.parse(read("package-lock.json")));
const installed = Object.entries(lockfile.packages).filter(([path]) => path !== "");
const direct = Object.values(manifest).flatMap((section) => Object.entries(section));

describe("dependencies", () => {
  it("are pinned to one version each, from the registry", () => {
    expect(direct.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  it("are in the lockfile as package.json has them", () => {
    expect(sections.parse(lockfile.packages[""])).toEqual(manifest);
    for (const [name, version] of direct) {
      expect(lockfile.packages[`node_modules/${name}`]?.version, name).toBe(version);
    }
  });

  it("have a strong checksum each, and come from nowhere else", () => {
    expect(installed.filter(([, { integrity }]) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? ""))).toEqual(
      [],
    );
    expect(
      installed.filter(([, { resolved }]) => resolved !== undefined && !resolved.startsWith("https://")),
    ).toEqual([]);
  });

  it("run no scripts when they are installed, but those that are known", () => {
    const scripts = installed.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path);
    expect(scripts.map((path) => path.replace("node_modules/", ""))).toEqual([
      // Optional parts of just-bash, for tests.
      "@mongodb-js/zstd",
      // Sends statistics unless package.json has scarfSettings, as ours.
      "@scarf/scarf",
      "node-liblzma",
      // Warns of version conflicts.
      "protobufjs",
    ]);
    expect(JSON.parse(read("package.json"))).toMatchObject({ scarfSettings: { enabled: false } });
  });
});

/** Leave to use, change and pass on, with their notices. */
const PERMISSIVE = [
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BSD-3-Clause AND Apache-2.0",
  "BlueOak-1.0.0",
  "CC0-1.0",
  "ISC",
  "MIT",
  "Python-2.0",
];
/** Data alone: the names of exceptions that SPDX knows. */
const ATTRIBUTION = ["CC-BY-3.0"];
/** Run in tests, linked into nothing that is passed on. */
const TOOLS = [
  "AGPL-3.0-or-later",
  "BSD-2-Clause OR MIT OR Apache-2.0",
  "LGPL-3.0",
  "MIT OR Apache-2.0",
  "MIT OR WTFPL",
  "MPL-2.0",
];

describe("licences", () => {
  const all = licensedPackages(read("package-lock.json"));

  it("let the package be used and passed on", () => {
    const allowed = new Set([...PERMISSIVE, ...ATTRIBUTION]);
    expect(all.filter(({ dev, licence }) => !dev && !allowed.has(licence))).toEqual([]);
    const tools = new Set([...allowed, ...TOOLS]);
    expect(all.filter(({ licence }) => !tools.has(licence))).toEqual([]);
  });

  it("are those that docs/licences.md lists (npm run generate)", () => {
    expect(read("docs/licences.md")).toBe(licencesPage(read("package-lock.json")));
  });

  it("that are in a file are what the file says", () => {
    expect(read("node_modules/@logdna/tail-file/LICENSE")).toMatch(/^(?:The )?MIT License/);
  });
});

it("npm lists what a release is made of, with a checksum for each package, and which are for development", async () => {
  const kind = ["--sbom-format", "cyclonedx", "--sbom-type", "library"];
  const { stdout } = await execa("npm", ["sbom", "--package-lock-only", ...kind], { cwd: ROOT });
  const component = z.object({
    purl: z.string(),
    properties: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
    hashes: z.array(z.object({ alg: z.string(), content: z.string() })).min(1),
  });
  const { components } = z.object({ components: z.array(component) }).parse(JSON.parse(stdout));
  const isForDevelopment = new Map(
    components.map(({ purl, properties }) => [
      decodeURIComponent(purl),
      properties.some(({ name }) => name === "cdx:npm:package:development"),
    ]),
  );
  for (const [path, { version, dev = false }] of installed) {
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    const purl = `pkg:npm/${name}@${version}`;
    expect([purl, isForDevelopment.has(purl)]).toEqual([purl, true]);
    if (!dev) expect([purl, isForDevelopment.get(purl)]).toEqual([purl, false]);
  }
}, 60_000);
