/** A release of cloudflared: what GitHub says about it, and what its builds really are. */
import { createHash } from "node:crypto";
import { Architecture } from "../host/architecture.ts";

/** Year, month and number: `2026.10.0`. */
export const VERSION = /^20\d{2}\.\d{1,2}\.\d{1,3}$/;

export const PUBLISHER = "https://github.com/cloudflare/cloudflared/releases/download";

export interface Release {
  version: string;
  /** SHA-256 by file name, from the notes and from what GitHub found at the upload; several when they differ. */
  checksums: ReadonlyMap<string, ReadonlySet<string>>;
}

export const fileName = (architecture: Architecture): string => `cloudflared-linux-${architecture}`;

const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "[::1]", "localhost"]);

/** Whether something may be loaded from there: what is not encrypted must not leave this machine. */
export function isAllowed(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === "https:" || (protocol === "http:" && LOOPBACK.has(hostname));
}

/** Whole milliseconds. GitHub's API answers within seconds; a build is 40 MB. */
const TIMEOUT = { api: 30_000, download: 600_000 } as const;

/** GitHub needs one to its storage. */
const MAXIMUM_REDIRECTS = 5;

async function request(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { headers, signal, redirect: "manual" });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Error(`${url} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** Follows redirects by itself, to see where they lead before anything is asked there. */
async function load(url: string, timeout: number, headers: Record<string, string> = {}): Promise<Response> {
  const signal = AbortSignal.timeout(timeout);
  let place = url;
  for (let redirects = 0; redirects <= MAXIMUM_REDIRECTS; redirects++) {
    const response = await request(place, headers, signal);
    if (response.ok) return response;
    await response.body?.cancel();
    const location = response.headers.get("location");
    if (response.status < 300 || response.status >= 400 || location === null) {
      const limited = response.headers.get("x-ratelimit-remaining") === "0";
      const advice = limited
        ? ": the limit of requests without a login is used up; try again in an hour"
        : "";
      throw new Error(`${place} answers ${response.status} ${response.statusText}${advice}`);
    }
    const next = URL.canParse(location, place) ? new URL(location, place).href : location;
    if (!isAllowed(next)) throw new Error(`${place} leads to ${next}, which is not https`);
    place = next;
  }
  throw new Error(`${url} leads from one place to the next, more than ${MAXIMUM_REDIRECTS} times`);
}

/** A line of the notes: `cloudflared-linux-amd64: <64 hexadecimal digits>`. */
const CHECKSUM = /^[\s`]*(cloudflared-[\w.-]+): ([0-9a-f]{64})[\s`]*$/gim;

function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function checksumsOf(release: unknown): Release["checksums"] {
  const found = new Map<string, Set<string>>();
  const add = (file: string, sum: string) =>
    found.set(file, (found.get(file) ?? new Set()).add(sum.toLowerCase()));
  const notes = property(release, "body");
  for (const [, file = "", sum = ""] of typeof notes === "string" ? notes.matchAll(CHECKSUM) : [])
    add(file, sum);
  const assets = property(release, "assets");
  for (const asset of Array.isArray(assets) ? assets : []) {
    const [file, digest] = [property(asset, "name"), property(asset, "digest")];
    if (typeof file !== "string" || typeof digest !== "string") continue;
    if (/^sha256:[0-9a-f]{64}$/i.test(digest)) add(file, digest.slice("sha256:".length));
  }
  return found;
}

/**
 * GitHub REST API documentation, "Get the latest release" and "Get a release by tag name".
 *
 * @param api base URL of GitHub's API. @param version default: the newest.
 */
export async function findRelease(api: string, version?: string): Promise<Release> {
  const which = version === undefined ? "latest" : `tags/${version}`;
  const url = `${api}/repos/cloudflare/cloudflared/releases/${which}`;
  const response = await load(url, TIMEOUT.api, { accept: "application/vnd.github+json" });
  const release: unknown = await response.json().catch(() => undefined);
  const tag = property(release, "tag_name");
  if (typeof tag !== "string" || !VERSION.test(tag)) {
    throw new Error(`${url} names no release: its tag_name is ${JSON.stringify(tag)}, not like 2026.10.0`);
  }
  return { version: tag, checksums: checksumsOf(release) };
}

/** Where an ELF file says for which machine it is, and what it says. The "ELF-64 Object File Format", section 3. */
const MACHINE_OFFSET = 18;
const MACHINE = { [Architecture.amd64]: 0x3e, [Architecture.arm64]: 0xb7 } as const;

function isProgramFor(architecture: Architecture, head: Buffer): boolean {
  const isElf = head.length > MACHINE_OFFSET + 1 && head.readUInt32BE(0) === 0x7f454c46;
  return isElf && head.readUInt16LE(MACHINE_OFFSET) === MACHINE[architecture];
}

export interface Build {
  bytes: number;
  /** 64 hexadecimal digits, lower case. */
  sha256: string;
}

/**
 * Loads a build and forgets it: nothing is kept, and nothing is run.
 *
 * @throws Error when it cannot be loaded as a whole, or is no Linux program for that architecture (a mirror's login
 * page, say).
 */
export async function measureBuild(url: string, architecture: Architecture): Promise<Build> {
  const { body } = await load(url, TIMEOUT.download);
  const hash = createHash("sha256");
  let head = Buffer.alloc(0);
  let bytes = 0;
  try {
    for await (const chunk of body ?? []) {
      if (head.length <= MACHINE_OFFSET + 1)
        head = Buffer.concat([head, chunk.subarray(0, MACHINE_OFFSET + 2)]);
      hash.update(chunk);
      bytes += chunk.length;
    }
  } catch (error) {
    throw new Error(
      `${url} broke off after ${bytes} bytes: ${error instanceof Error ? error.message : error}`,
    );
  }
  if (isProgramFor(architecture, head)) return { bytes, sha256: hash.digest("hex") };
  throw new Error(`${url} is no Linux program for ${architecture}: it was not pinned`);
}
