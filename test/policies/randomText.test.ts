import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chanceOf } from "../../deep/policies/chance.ts";
import { randomParts } from "../../policies/randomText.ts";

const ROOT = resolve(import.meta.dirname, "../..");
/** One seed: what looks like words by chance is rare, and no reason for a test to fail. */
const RUNS = { seed: 20_261_122, numRuns: 500 };

/** Evenly drawn, as keys are: what fast-check likes to draw are edges. */
const bytes = (length: number) => fc.nat().map((seed) => chanceOf(seed, "secret").bytes(length));
const token = (characters: string, length: number) =>
  bytes(length).map((drawn) => Array.from(drawn, (byte) => characters[byte % characters.length]).join(""));
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

describe("finds", () => {
  it.each<[string, fc.Arbitrary<string>]>([
    ["32 bytes in hexadecimal digits", bytes(32).map((value) => value.toString("hex"))],
    ["32 bytes in base64", bytes(32).map((value) => value.toString("base64"))],
    ["32 bytes in base64url", bytes(32).map((value) => value.toString("base64url"))],
    ["a token of Cloudflare's", token(`${LETTERS}_-`, 40)],
    ["a secret access key of AWS", token(`${LETTERS}+/`, 40)],
  ])("%s, wherever it stands", (_, secrets) => {
    fc.assert(
      fc.property(
        secrets,
        fc.constantFrom("KEY=", 'key: "', "https://user:", "a word "),
        (secret, before) => {
          expect(randomParts(`${before}${secret}\n`)).not.toEqual([]);
        },
      ),
      RUNS,
    );
  });

  it("where it stands", () => {
    const secret = "9f86d081884c7d659a2feaa0c55ad015";
    expect(randomParts(`one\nKEY=${secret}\n`)).toEqual([{ text: secret, index: 8 }]);
  });
});

describe("leaves alone", () => {
  it.each([
    "9f86d081-884c-4d65-9a2f-eaa0c55ad015",
    "vpc-0a1b2c3d4e5f60718",
    `ghcr.io/acme/shop@sha256:${"3f9a".repeat(16)}`,
    "AmazonSSMManagedInstanceCoreForEveryHost",
    "/usr/local/libexec/tenant-edge/install-cloudflared-2026",
    "https://github.com/cloudflare/cloudflared/releases/download/2026.10.0/cloudflared-linux-arm64",
    "//projects/PROJECT/locations/europe-west1/keyRings/RING/cryptoKeys/KEY",
    "2026-11-22T10:00:00.123456789Z-2026-11-23T10:00:00.123456789Z",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1111",
  ])("%s", (text) => {
    expect(randomParts(text)).toEqual([]);
  });

  it("what is known", () => {
    const checksum = "9f86d081884c7d659a2feaa0c55ad015";
    expect(randomParts(`SHA=${checksum}`, [checksum])).toEqual([]);
    expect(randomParts(`SHA=${checksum}`, ["other"])).not.toEqual([]);
  });

  it.each(globSync(["host/**/*.ts", "host/files/*"], { cwd: ROOT }))("%s", (path) => {
    expect(randomParts(readFileSync(join(ROOT, path), "utf8"))).toEqual([]);
  });
});
