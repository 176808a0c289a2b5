/** `npm run cloudflared`, as a process, against a mirror and a GitHub of the test's own. */
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { runScript } from "./script.ts";

const PIN = join(import.meta.dirname, "../../host/cloudflared.json");
const VERSION = "2027.1.3";
const AMD64 = "cloudflared-linux-amd64";
const ARM64 = "cloudflared-linux-arm64";

/** The head of an ELF file for that machine, and something after it. */
function program(machine: number, size = 200_000): Buffer {
  const bytes = Buffer.alloc(size, "cloudflared");
  Buffer.from("7f454c460201010000000000000000000200", "hex").copy(bytes);
  bytes.writeUInt16LE(machine, 18);
  return bytes;
}

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

const amd64 = program(0x3e);
const arm64 = program(0xb7, 300_000);

type Answer = { status?: number; body?: Buffer | string; headers?: Record<string, string> };

let answers: Record<string, Answer | undefined>;
let asked: string[];
let url: string;
let folder: string;
let file: string;

const notes = (sums: Record<string, string>) =>
  `### SHA256 Checksums:\n\`\`\`\n${Object.entries(sums)
    .map(([name, sum]) => `${name}: ${sum}\n${name}.deb: ${"0".repeat(64)}`)
    .join("\n")}\n\`\`\`\n`;

function release(body: string, version = VERSION, assets: object[] = []): Answer {
  return { body: JSON.stringify({ tag_name: version, body, assets }) };
}

beforeEach(async () => {
  asked = [];
  answers = {
    [`/mirror/${VERSION}/${AMD64}`]: { body: amd64 },
    [`/mirror/${VERSION}/${ARM64}`]: { body: arm64 },
    "/repos/cloudflare/cloudflared/releases/latest": release(
      notes({ [AMD64]: sha256(amd64), [ARM64]: sha256(arm64) }),
    ),
  };
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.push(path);
    const { status = 200, body = "", headers = {} } = answers[path] ?? { status: 404 };
    response.writeHead(status, headers).end(body);
    if (headers["content-length"] !== undefined) response.destroy();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => new Promise<void>((closed) => server.close(() => closed())));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  url = `http://127.0.0.1:${address.port}`;
  folder = mkdtempSync(join(tmpdir(), "tenant-edge-cloudflared-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  file = join(folder, "cloudflared.json");
  cpSync(PIN, file);
});

const run = (...args: string[]) =>
  runScript("cloudflared", ["--api", url, "--from", `${url}/mirror`, "--file", file, ...args]);

const pin = (version: string, sums: [string, string]) => ({
  version,
  builds: {
    amd64: {
      url: `https://github.com/cloudflare/cloudflared/releases/download/${version}/${AMD64}`,
      sha256: sums[0],
    },
    arm64: {
      url: `https://github.com/cloudflare/cloudflared/releases/download/${version}/${ARM64}`,
      sha256: sums[1],
    },
  },
});

const NEXT = pin(VERSION, [sha256(amd64), sha256(arm64)]);

describe("the newest release", () => {
  it("is printed as the file has to be, and compared on stderr", async () => {
    const before = readFileSync(file, "utf8");
    const { stdout, stderr, exitCode } = await run();
    expect(stderr).toContain(`release   ${VERSION}, the newest`);
    expect(stderr.match(/as the release states/g)).toHaveLength(2);
    expect(stderr).toMatch(/pinned {4}[\d.]+; 2027\.1\.3 is newer/);
    expect(stderr).toContain("within one year");
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual(NEXT);
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  it("is written with --write, in the file's own shape and with nothing left beside it", async () => {
    expect((await run("--write")).exitCode).toBe(0);
    expect(readFileSync(file, "utf8")).toBe(`${JSON.stringify(NEXT, null, 2)}\n`);
    expect(readdirSync(folder)).toEqual(["cloudflared.json"]);
    const again = await run("--write");
    expect(again.stderr).toContain("the same version");
    expect(again.exitCode).toBe(0);
  });
});

it("follows a redirect, as GitHub's to its storage", async () => {
  answers[`/mirror/${VERSION}/${AMD64}`] = { status: 302, headers: { location: "/storage/1" } };
  answers["/storage/1"] = { body: amd64 };
  expect(JSON.parse((await run()).stdout)).toEqual(NEXT);
  answers["/storage/1"] = { status: 302, headers: { location: "/storage/1" } };
  expect((await run()).stderr).toContain("more than 5 times");
});

describe("what is not what it should be", () => {
  const refused = async (...args: string[]) => {
    const before = readFileSync(file, "utf8");
    const { stdout, stderr, exitCode } = await run("--write", ...args);
    expect(stdout).toBe("");
    expect(exitCode).toBe(1);
    expect(readFileSync(file, "utf8")).toBe(before);
    expect(stderr).not.toMatch(/^\s+at /m);
    return stderr;
  };

  it("is refused when the notes state another checksum", async () => {
    const wrong = "1".repeat(64);
    answers["/repos/cloudflare/cloudflared/releases/latest"] = release(
      notes({ [AMD64]: sha256(amd64), [ARM64]: wrong }),
    );
    const stderr = await refused();
    expect(stderr).toContain(`/mirror/${VERSION}/${ARM64} is not what the release says it is`);
    expect(stderr).toContain(`found    SHA-256 ${sha256(arm64)}`);
    expect(stderr).toContain(`allowed  SHA-256 ${wrong}`);
  });

  it("is refused when GitHub itself found another checksum at the upload", async () => {
    const digest = `sha256:${"2".repeat(64)}`;
    answers["/repos/cloudflare/cloudflared/releases/latest"] = release(
      notes({ [AMD64]: sha256(amd64), [ARM64]: sha256(arm64) }),
      VERSION,
      [{ name: AMD64, digest }],
    );
    expect(await refused()).toContain(`allowed  SHA-256 ${"2".repeat(64)}`);
  });

  it.each([
    ["a page instead of a program", { body: "<html>Please log in</html>" }],
    ["a program for the other architecture", { body: amd64 }],
  ])("is refused when a mirror serves %s, with nothing to compare it with", async (_, answer) => {
    answers[`/mirror/${VERSION}/${ARM64}`] = answer;
    expect(await refused(VERSION)).toContain(`${ARM64} is no Linux program for arm64`);
  });

  it("is refused when the download breaks off or is not there", async () => {
    answers[`/mirror/${VERSION}/${AMD64}`] = { body: amd64, headers: { "content-length": "900000" } };
    expect(await refused()).toMatch(/cloudflared-linux-amd64 (?:broke off after|cannot be loaded)/);
    answers[`/mirror/${VERSION}/${AMD64}`] = undefined;
    expect(await refused()).toContain(`${AMD64} answers 404`);
  });

  it("is refused when it leads to a place without encryption", async () => {
    const location = "http://mirror.invalid/cloudflared";
    answers[`/mirror/${VERSION}/${AMD64}`] = { status: 302, headers: { location } };
    expect(await refused()).toContain(`leads to ${location}, which is not https`);
  });

  it("is refused when a pinned version has changed", async () => {
    await run("--write");
    const other = program(0x3e, 250_000);
    answers[`/mirror/${VERSION}/${AMD64}`] = { body: other };
    expect(await refused(VERSION)).toContain("is pinned with other checksums (amd64)");
  });
});

describe("a version that is named", () => {
  it("is compared with its own release, and said to be out of support", async () => {
    const old = "2025.12.0";
    answers[`/mirror/${old}/${AMD64}`] = { body: amd64 };
    answers[`/mirror/${old}/${ARM64}`] = { body: arm64 };
    // Releases have lacked one of the two.
    answers[`/repos/cloudflare/cloudflared/releases/tags/${old}`] = release(
      notes({ [AMD64]: sha256(amd64) }),
      old,
    );
    const { stdout, stderr } = await run(old);
    expect(JSON.parse(stdout)).toEqual(pin(old, [sha256(amd64), sha256(arm64)]));
    expect(stderr).toContain("NOT COMPARED");
    expect(stderr.match(/as the release states/g)).toHaveLength(1);
    expect(stderr).toContain(`${old} is OLDER`);
    expect(stderr).toContain(`${old} IS NO LONGER SUPPORTED`);
  });

  it("can be pinned from a mirror alone", async () => {
    answers["/repos/cloudflare/cloudflared/releases/latest"] = undefined;
    const { stdout, stderr, exitCode } = await run(VERSION);
    expect(exitCode).toBe(0);
    expect(stderr).toContain("Nothing to compare the checksums with");
    expect(JSON.parse(stdout)).toEqual(NEXT);
  });

  it("says that GitHub's limit is used up", async () => {
    const headers = { "x-ratelimit-remaining": "0" };
    answers["/repos/cloudflare/cloudflared/releases/latest"] = { status: 403, headers };
    const { stderr, exitCode } = await run();
    expect(exitCode).toBe(1);
    expect(stderr).toContain("try again in an hour");
    expect(asked).toEqual(["/repos/cloudflare/cloudflared/releases/latest"]);
  });

  it.each([
    [["latest"], "year, month and number"],
    [["../2027.1.3"], "year, month and number"],
    [["--from", "http://mirror.example.com"], "https URL"],
    [["--from", "mirror"], "https URL"],
    [["--file", "package.json"], "package.json is no pin of cloudflared"],
  ])("is refused before anything is asked: %o", async (args, message) => {
    const { stderr, exitCode } = await run(...args);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(1);
    expect(asked).toEqual([]);
  });
});
