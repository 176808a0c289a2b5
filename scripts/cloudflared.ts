/**
 * `npm run cloudflared -- [version]`: prints what `host/cloudflared.json` has to be for another version of cloudflared.
 * The checksums are those of the builds themselves, compared with what the release says they are.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { compare } from "semver";
import { z } from "zod";
import { Architecture } from "../host/architecture.ts";
import {
  fileName,
  findRelease,
  isAllowed,
  measureBuild,
  PUBLISHER,
  type Release,
  VERSION,
} from "./cloudflaredRelease.ts";

const buildSchema = z.object({ url: z.string(), sha256: z.string() });
const pinSchema = z.object({
  version: z.string().regex(VERSION),
  builds: z.object({ amd64: buildSchema, arm64: buildSchema }),
});
type Pin = z.output<typeof pinSchema>;

interface Options {
  from: string;
  api: string;
  file: string;
  write?: true;
}

const say = (text: string) => process.stderr.write(`${text}\n`);

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** The release, or why there is nothing to compare with: a mirror may be all that can be reached. */
async function releaseOf(api: string, version: string): Promise<Release> {
  try {
    return await findRelease(api, version);
  } catch (error) {
    say(`Nothing to compare the checksums with: ${messageOf(error)}`);
    return { version, checksums: new Map() };
  }
}

/** @throws Error when the build is not the one that the release names. */
async function measured(
  architecture: Architecture,
  { version, checksums }: Release,
  from: string,
): Promise<string> {
  const file = fileName(architecture);
  const url = `${from}/${version}/${file}`;
  say(`loading   ${url}`);
  const { bytes, sha256 } = await measureBuild(url, architecture);
  const stated = checksums.get(file);
  if (stated === undefined) {
    say(`          ${bytes} bytes, SHA-256 ${sha256}: NOT COMPARED, the release states none`);
    return sha256;
  }
  for (const other of stated) {
    if (other === sha256) continue;
    throw new Error(
      `${url} is not what the release says it is; nothing was written.\n` +
        `  found    SHA-256 ${sha256}\n  allowed  SHA-256 ${other}\n` +
        "  do       load it again or from another place; if it stays so, do not use this build",
    );
  }
  say(`          ${bytes} bytes, SHA-256 ${sha256}, as the release states`);
  return sha256;
}

function readPin(file: string): Pin {
  try {
    return pinSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    throw new Error(
      `${file} is no pin of cloudflared (version, builds.amd64, builds.arm64): ${messageOf(error)}`,
    );
  }
}

const monthsOf = (version: string): number => {
  const [year, month] = version.split(".").map(Number);
  return (year ?? 0) * 12 + (month ?? 0);
};

/** What Cloudflare supports: versions within one year of the newest release. cloudflared's README, "Deprecated versions". */
async function saySupport(api: string, version: string): Promise<void> {
  try {
    const newest = (await findRelease(api)).version;
    const ended = monthsOf(newest) - monthsOf(version) > 12;
    say(
      `support   the newest is ${newest}; Cloudflare supports versions within one year of it` +
        (ended ? `: ${version} IS NO LONGER SUPPORTED` : ""),
    );
  } catch (error) {
    say(`support   unknown, Cloudflare supports versions within one year of the newest: ${messageOf(error)}`);
  }
}

function compareWith(current: Pin, next: Pin): void {
  const order = compare(next.version, current.version);
  if (order === 0) {
    const moved = Object.values(Architecture).filter(
      (architecture) => current.builds[architecture].sha256 !== next.builds[architecture].sha256,
    );
    say(`pinned    ${current.version}, the same version`);
    if (moved.length > 0) {
      throw new Error(
        `${next.version} is pinned with other checksums (${moved.join(", ")}): a release that was published does not ` +
          "change. Find out which of the two is right before you pin it.",
      );
    }
    return;
  }
  say(`pinned    ${current.version}; ${next.version} is ${order > 0 ? "newer" : "OLDER"}`);
  say("          Hosts get another user data by it: the next `pulumi up` replaces all of them, with no gap.");
}

async function run(version: string | undefined, { from, api, file, write }: Options): Promise<void> {
  const current = readPin(file);
  const release = version === undefined ? await findRelease(api) : await releaseOf(api, version);
  say(`release   ${release.version}${version === undefined ? ", the newest" : ""}`);
  const build = async (architecture: Architecture) => ({
    url: `${PUBLISHER}/${release.version}/${fileName(architecture)}`,
    sha256: await measured(architecture, release, from),
  });
  const pin: Pin = {
    version: release.version,
    builds: { amd64: await build(Architecture.amd64), arm64: await build(Architecture.arm64) },
  };
  compareWith(current, pin);
  if (version === undefined) say("support   Cloudflare supports versions within one year of the newest");
  else await saySupport(api, version);
  const text = `${JSON.stringify(pin, null, 2)}\n`;
  process.stdout.write(text);
  if (write) {
    // In place at once or not at all, whatever happens meanwhile.
    writeFileSync(`${file}.${process.pid}`, text);
    renameSync(`${file}.${process.pid}`, file);
    say(`written   ${file}`);
  }
}

function versionArgument(value: string): string {
  if (VERSION.test(value)) return value;
  throw new InvalidArgumentError("A version is year, month and number, for example 2026.10.0.");
}

function urlOption(value: string): string {
  if (isAllowed(value)) return value.replace(/\/+$/, "");
  throw new InvalidArgumentError("It has to be an https URL (http only for 127.0.0.1, [::1] and localhost).");
}

const program = new Command("cloudflared")
  .description("Print host/cloudflared.json for another version of cloudflared, from the builds themselves.")
  .argument("[version]", "for example 2026.10.0; default: the newest release", versionArgument)
  .option(
    "--from <url>",
    "mirror that has <url>/<version>/cloudflared-linux-<architecture>",
    urlOption,
    PUBLISHER,
  )
  .option(
    "--api <url>",
    "base URL of GitHub's API, for the release's checksums",
    urlOption,
    "https://api.github.com",
  )
  .option("--file <path>", "the pin", join(import.meta.dirname, "../host/cloudflared.json"))
  .option("--write", "write the file, too")
  .addHelpText(
    "after",
    "\nThe JSON goes to stdout, everything else to stderr. Nothing that is loaded is run or kept.",
  )
  .action(run);

try {
  await program.parseAsync();
} catch (error) {
  say(messageOf(error));
  process.exitCode = 1;
}
