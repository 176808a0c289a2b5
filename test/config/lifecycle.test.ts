import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeValue } from "../../config/decodeValue.ts";
import { lifecycleRecord } from "../../config/lifecycleRecord.ts";
import { parseStack } from "../../config/parse.ts";
import { ConfigError } from "../../config/problems.ts";
import { type ResolvedTenant, resolveTenant } from "../../config/tenants.ts";
import { problemsOf, REGION, rawStack } from "./stacks.ts";

const OUT = { since: "2026-11-22T10:00:00Z", keepUntil: "2026-12-22T10:00:00Z" };

/** A stack of one tenant, with every default filled in. */
function resolved(entry: object = {}, settings: Record<string, unknown> = {}): ResolvedTenant {
  const { config, problems } = parseStack(rawStack([{ id: "acme", ...entry }], settings), REGION);
  const [tenant] = config?.tenants ?? [];
  if (config === undefined || tenant === undefined) throw new Error(JSON.stringify(problems));
  return resolveTenant(config, tenant);
}

describe("a tenant that is out of service", () => {
  it("has no host and no key, and keeps hostnames, tunnel and protected bucket", () => {
    const active = resolved({ hostnames: ["shop.example.com"] });
    const disabled = resolved({ hostnames: ["shop.example.com"], disabled: OUT });
    expect(disabled.host).toBeUndefined();
    expect(disabled.bucket).toEqual({ ...active.bucket, keyGenerations: [] });
    expect(disabled.bucket?.protect).toBe(true);
    expect(disabled.hostnames).toEqual(active.hostnames);
    expect(disabled.names).toEqual(active.names);
    expect(disabled.disabled).toEqual({ ...OUT, bucket: "kept", purge: false });
  });

  it.each([
    ["released", { bucket: "released" }, false],
    ["to go with everything", { purge: true }, false],
    ["kept", {}, true],
  ])("has a bucket that is %s, and protected accordingly", (_, more, protect) => {
    expect(resolved({ disabled: { ...OUT, ...more } }).bucket).toMatchObject({ protect, keyGenerations: [] });
  });

  it("has none any more when it is deleted, and none when it never had one", () => {
    expect(resolved({ disabled: { ...OUT, bucket: "deleted" } }).bucket).toBeUndefined();
    expect(resolved({ bucket: { enabled: false }, disabled: OUT }).bucket).toBeUndefined();
  });

  it("needs the network that its hosts come back to, and none when it has no hosts", () => {
    expect(resolved({ disabled: OUT }).needsNetwork).toBe(true);
    expect(resolved({ host: { enabled: false }, disabled: OUT }).needsNetwork).toBe(false);
  });

  it("still occupies its hostname, its bucket's name and its hub", () => {
    const entry = { id: "acme", hubId: "hub 7", bucket: { name: "data" }, disabled: OUT };
    for (const other of [{ subdomain: "acme" }, { bucket: { name: "data" } }, { hubId: "hub 7" }]) {
      expect(problemsOf(rawStack([entry, { id: "heir", ...other }]))).toHaveLength(1);
    }
  });
});

describe("the digest of an entry", () => {
  const settings = {
    displayName: "Acme",
    hubId: "hub 7",
    accountId: "a-1",
    subdomain: "shop",
    hostnames: ["more.example.com"],
    origin: { service: "http://localhost:1" },
    routes: [{ path: "^/a", service: "http://localhost:2" }],
    tunnelSecretGeneration: 2,
    disabled: OUT,
    bucket: { keyGenerations: [1, 2] },
    host: { replicas: 2 },
  };

  it.each(Object.entries(settings))("is another with another %s", (key, value) => {
    expect(resolved({ [key]: value }).entryDigest).not.toBe(resolved().entryDigest);
  });

  it("is another with what falls back to the stack's settings", () => {
    const plain = resolved();
    expect(resolved({}, { bucketDefaults: { location: "apac" } }).entryDigest).not.toBe(plain.entryDigest);
    expect(resolved({}, { hostDefaults: { imageId: "ami-0123456789abcdef0" } }).entryDigest).not.toBe(
      plain.entryDigest,
    );
    expect(resolved({}, { lifecycle: { retentionDays: 7 } }).entryDigest).toBe(plain.entryDigest);
  });

  it("is the same with a default that is written out, and with other tenants beside", () => {
    const written = {
      bucket: { enabled: true, keyGenerations: [1] },
      hostnames: [],
      tunnelSecretGeneration: 1,
    };
    expect(resolved(written).entryDigest).toBe(resolved().entryDigest);
  });

  it("is the same in whatever order the keys stand: the engine sorts them, a stack file does not", () => {
    const host = {
      environment: { B: "2", A: "1" },
      cloudConfig: { write_files: [{ path: "/a", content: "b" }] },
    };
    const entries = Object.entries({ ...settings, disabled: undefined, host });
    const expected = resolved(Object.fromEntries(entries)).entryDigest;
    const sorted = decodeValue(
      JSON.stringify([Object.fromEntries(entries)], (_, value: unknown) =>
        typeof value === "object" && value !== null && !Array.isArray(value)
          ? Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
          : value,
      ),
    );
    expect(resolved((sorted as object[])[0]).entryDigest).toBe(expected);
  });
});

it("a stack's outputs keep what the next run compares with", () => {
  expect(lifecycleRecord(resolved())).toEqual({
    hubId: null,
    accountId: null,
    disabled: null,
    tunnelSecretGeneration: 1,
    bucketProtected: true,
    entryDigest: resolved().entryDigest,
    settingsDigest: "",
    holdings: null,
  });
  const out = resolved({ hubId: "hub 7", accountId: "a", disabled: OUT, bucket: { enabled: false } });
  expect(lifecycleRecord(out)).toMatchObject({
    hubId: "hub 7",
    accountId: "a",
    disabled: { ...OUT, bucket: "kept", purge: false },
    bucketProtected: false,
  });
});

describe("a mistake about a tenant's life", () => {
  const tenants = "tenant-edge:tenants";
  it.each<[string, object[], Record<string, unknown>, string, RegExp]>([
    [
      "disabled without times",
      [{ disabled: {} }],
      {},
      `${tenants}[0].disabled.since`,
      /2026-11-22T10:00:00Z/,
    ],
    ["disabled as a mere yes", [{ disabled: true }], {}, `${tenants}[0].disabled`, /an object/],
    [
      "a time with an offset",
      [{ disabled: { ...OUT, since: "2026-11-22T10:00:00+01:00" } }],
      {},
      `${tenants}[0].disabled.since`,
      /UTC/,
    ],
    [
      "a mere date",
      [{ disabled: { ...OUT, keepUntil: "2026-12-22" } }],
      {},
      `${tenants}[0].disabled.keepUntil`,
      /UTC/,
    ],
    [
      "an end before its beginning",
      [{ disabled: { since: OUT.keepUntil, keepUntil: OUT.since } }],
      {},
      `${tenants}[0].disabled.keepUntil`,
      /not before since, 2026-12-22/,
    ],
    [
      "a fate that is none",
      [{ disabled: { ...OUT, bucket: "gone" } }],
      {},
      `${tenants}[0].disabled.bucket`,
      /"deleted"/,
    ],
    [
      "a misspelt purge",
      [{ disabled: { ...OUT, purged: true } }],
      {},
      `${tenants}[0].disabled.purged`,
      /did you mean purge\?/,
    ],
    [
      "a hub of two tenants",
      [{ hubId: "h" }, { hubId: "h" }],
      {},
      `${tenants}[1].hubId`,
      /belongs to tenant t0/,
    ],
    ["a hub's id with a space at its end", [{ hubId: "h " }], {}, `${tenants}[0].hubId`, /printable ASCII/],
    ["an account's id that is empty", [{ accountId: "" }], {}, `${tenants}[0].accountId`, /1 to 200/],
    [
      "an overlap's end that is no time",
      [{ bucket: { oldKeysUntil: "soon" } }],
      {},
      `${tenants}[0].bucket.oldKeysUntil`,
      /UTC/,
    ],
    [
      "a retention of ages",
      [],
      { lifecycle: { retentionDays: 3651 } },
      "tenant-edge:lifecycle.retentionDays",
      /3650/,
    ],
    [
      "an overlap below nothing",
      [],
      { lifecycle: { keyOverlapHours: -1 } },
      "tenant-edge:lifecycle.keyOverlapHours",
      /0/,
    ],
    [
      "a misspelt bound",
      [],
      { lifecycle: { sweepAction: 1 } },
      "tenant-edge:lifecycle.sweepAction",
      /sweepActions/,
    ],
    [
      "a list in a folder",
      [],
      { tenantList: "file:///lists" },
      "tenant-edge:tenantList",
      /s3:\/\/bucket\/prefix/,
    ],
    [
      "a list in a whole bucket",
      [],
      { tenantList: "s3://lists" },
      "tenant-edge:tenantList",
      /s3:\/\/bucket\/prefix/,
    ],
  ])("%s is refused with its path, and is the only problem", (_, entries, settings, path, words) => {
    const problems = problemsOf(
      rawStack(
        entries.map((entry, index) => ({ id: `t${index}`, ...entry })),
        settings,
      ),
    );
    expect([...new Set(problems.map((problem) => problem.path))].at(0)).toBe(path);
    expect(new ConfigError("Pulumi.prod.yaml", problems).message).toMatch(words);
  });

  it("is none when two tenants have the same account, or a tenant is disabled for no time at all", () => {
    const entries = [
      { id: "a", accountId: "x", disabled: { since: OUT.since, keepUntil: OUT.since } },
      { id: "b", accountId: "x", hubId: "h" },
    ];
    expect(
      problemsOf(rawStack(entries, { tenantList: "s3://lists/prod?endpoint=https://r2.example.com" })),
    ).toEqual([]);
  });
});

describe("a time", () => {
  const instant = fc
    .date({
      min: new Date("1970-01-01T00:00:00Z"),
      max: new Date("9999-12-31T23:59:59Z"),
      noInvalidDate: true,
    })
    .map((date) => date.toISOString());

  it("is read as it stands in the stack file, though the engine writes those without quotes in its own way", () => {
    fc.assert(
      fc.property(instant, fc.boolean(), (text, hasFraction) => {
        const time = hasFraction ? text : text.replace(/\.\d+Z$/, "Z");
        const asEngine = time.replace("T", " ").replace("Z", " +0000 UTC");
        for (const written of [time, asEngine]) {
          expect(decodeValue(JSON.stringify([{ disabled: { since: written } }]))).toEqual([
            { disabled: { since: time } },
          ]);
        }
        const disabled = { since: time, keepUntil: time };
        expect(problemsOf(rawStack([{ id: "acme", disabled }]))).toEqual([]);
      }),
    );
  });

  it.each([
    "2026-11-22 10:00:00 +0100 CET",
    "since 2026-11-22 10:00:00 +0000 UTC",
    "2026-11-22",
    "plain",
  ])("is not what only looks like one: %s", (text) => {
    expect(decodeValue(JSON.stringify({ text }))).toEqual({ text });
    expect(decodeValue(text)).toBe(text);
  });

  it.each(["[", "{broken", "  [1,", ""])("leaves what is no JSON as it is: %j", (text) => {
    expect(decodeValue(text)).toBe(text);
  });
});

describe("what may be deleted until a time", () => {
  const ahead = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
  const problems = (until: string) => problemsOf(rawStack([], { allow: { words: "acme", until } }));

  it.each([ahead(-300), ahead(0.1), ahead(6.9)])("may end at %s", (until) => {
    expect(problems(until)).toEqual([]);
  });

  it.each([
    ahead(7.1),
    "2999-01-01T00:00:00Z",
  ])("may not end at %s: it would hold for whatever comes", (until) => {
    expect(problems(until)).toEqual([
      {
        path: "tenant-edge:allow.until",
        found: JSON.stringify(until),
        allowed: "a time in UTC, at most 7 days ahead",
      },
    ]);
  });

  it("ends at a time, and not at a word", () => {
    expect(problems("soon")).toMatchObject([{ allowed: "a time in UTC: 2026-11-22T10:00:00Z" }]);
  });
});
