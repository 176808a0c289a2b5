/** The package as another program gets it: packed by npm from a clean copy, and installed into its folder. */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";

export const CHECKOUT = join(import.meta.dirname, "../..");

/** What is not packed, or made by packing. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  ".git",
  ".sandbox",
  "dist",
  "node_modules",
  "sandbox",
  "test",
]);

interface Manifest {
  name: string;
  dependencies?: Record<string, string>;
  [key: string]: unknown;
}

export const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;

/**
 * Builds and packs. This happens in a copy: in the checkout it would take `dist/` away from under whatever uses it. The
 * copy is below the checkout, whose packages it uses, in the folder that every tool leaves alone.
 * @returns the files in the tarball, and its path in a folder of its own, which is the caller's to remove.
 */
export async function packPackage(): Promise<{ folder: string; tarball: string; files: string[] }> {
  const scratch = join(CHECKOUT, ".sandbox");
  mkdirSync(scratch, { recursive: true });
  const copy = mkdtempSync(join(scratch, "pack-"));
  try {
    for (const entry of readdirSync(CHECKOUT).filter((name) => !LEFT_OUT.has(name))) {
      cpSync(join(CHECKOUT, entry), join(copy, entry), { recursive: true });
    }
    const folder = mkdtempSync(join(tmpdir(), "tenant-edge-package-"));
    const { stdout } = await execa("npm", ["pack", "--json", "--pack-destination", folder], { cwd: copy });
    // What the build prints comes first.
    const [packed] = JSON.parse(stdout.slice(stdout.indexOf("[\n"))) as {
      filename: string;
      files: { path: string }[];
    }[];
    if (packed === undefined) throw new Error(`npm pack says nothing about a package:\n${stdout}`);
    return { folder, tarball: join(folder, packed.filename), files: packed.files.map(({ path }) => path) };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/**
 * `npm install` of the tarball, into the folder of a program that has a `package.json` already.
 *
 * The package itself is installed for real. Its dependencies are those of the checkout, so that no network is needed and
 * no half gigabyte is unpacked: npm is given empty stand-ins for them (it would run scripts in the folders that it links,
 * some releases even with --ignore-scripts), in whose place links to the checkout's are put. Nothing else is there, so
 * that a package that is missing from `dependencies` is missed.
 * @param types packages of declarations that the program itself uses.
 */
export async function installPackage(
  tarball: string,
  program: string,
  types: readonly string[] = [],
): Promise<void> {
  const { name, dependencies = {} } = readManifest(CHECKOUT);
  const standIns = mkdtempSync(join(tmpdir(), "tenant-edge-stand-ins-"));
  const standIn = (each: string): [string, string] => {
    const { version } = readManifest(join(CHECKOUT, "node_modules", each));
    mkdirSync(join(standIns, each), { recursive: true });
    writeFileSync(join(standIns, each, "package.json"), JSON.stringify({ name: each, version }));
    return [each, `file:${join(standIns, each)}`];
  };
  const overrides = Object.fromEntries(Object.keys(dependencies).map(standIn));
  const devDependencies = Object.fromEntries(types.map(standIn));
  const manifest = {
    ...readManifest(program),
    dependencies: { [name]: `file:${tarball}` },
    devDependencies,
    overrides,
  };
  writeFileSync(join(program, "package.json"), JSON.stringify(manifest));
  await execa("npm", ["install", "--offline", "--omit=optional"], { cwd: program });
  for (const each of Object.keys({ ...overrides, ...devDependencies })) {
    const link = join(program, "node_modules", each);
    rmSync(link);
    symlinkSync(join(CHECKOUT, "node_modules", each), link, "junction");
  }
  rmSync(standIns, { recursive: true });
}
