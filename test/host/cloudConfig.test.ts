/** A user's own cloud-config beside ours. */
import { execa } from "execa";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cloudConfigProblems, mergeCloudConfig } from "../../host/cloudConfig.ts";
import { renderUserData } from "../../host/userData.ts";
import { documentOf } from "./document.ts";
import { ALL_SPECS, APP_UNIT, SPEC } from "./specs.ts";
import { hasTool } from "./tools.ts";

const OURS = documentOf(SPEC).content;
const LISTS = ["groups", "runcmd", "users", "write_files"] as const;

/** Every path that any spec writes, and others that decide about what is there. */
const OWN_PATHS = [
  ...new Set([
    ...ALL_SPECS.flatMap(([, spec]) =>
      documentOf({ ...spec, cloudConfig: {} }).files.map(({ path }) => path),
    ),
    "/usr/local/bin/cloudflared",
    "/usr/local/libexec/tenant-edge",
    "/run/tenant-edge/secrets/tunnel-token",
    "/var/run/tenant-edge/secrets/tunnel-token",
    ...[
      "/etc/systemd/system",
      "/run/systemd/system",
      "/usr/lib/systemd/system",
      "/lib/systemd/system",
    ].flatMap((folder) => [
      `${folder}/tenant-edge-sync.service.d/x.conf`,
      `${folder}/cloudflared@.service.d/x.conf`,
      `${folder}/cloudflared@20241.service.d/x.conf`,
      `${folder}/tenant-edge-app.service`,
      `${folder}/multi-user.target.wants/tenant-edge-sync.service`,
      `${folder}/service.d/x.conf`,
      `${folder}/timer.d/x.conf`,
      `${folder}/tenant-.service.d/x.conf`,
      `${folder}/tenant-edge-.timer.d/x.conf`,
    ]),
  ]),
];

/** The same path in other words: `//`, `/./`, `/x/../`, and without the slash in front, from cloud-init's folder `/`. */
const spelled = (path: string) =>
  fc
    .tuple(
      fc.array(fc.constantFrom("/", "//", "/./", "/x/../", "/x?/../", "/#/../", "/%2e/../", "/a b/../"), {
        minLength: path.split("/").length,
        maxLength: path.split("/").length,
      }),
      fc.boolean(),
      fc.constantFrom("", "/", "/."),
    )
    .map(([separators, absolute, end]) => {
      const parts = path.slice(1).split("/");
      const text = parts.map((part, index) => `${separators[index]}${part}`).join("") + end;
      return absolute ? text : text.replace(/^\/+/, "");
    });

const writes = (path: string) => cloudConfigProblems({ write_files: [{ path, content: "" }] });

describe("what a cloud-config may not change", () => {
  it("is every file of ours, however its path is spelled", () => {
    fc.assert(
      fc.property(fc.constantFrom(...OWN_PATHS).chain(spelled), (path) => {
        expect(writes(path)).toMatchObject([{ path: ["write_files", 0, "path"], found: path }]);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    "/etc/motd",
    "/etc/tenant-edge.conf",
    "/etc/%74enant-edge/host.env",
    "/etc/tenant-edge/../motd",
    "/etc/tenant-edgeX/host.env",
    "/usr/local/bin/cloudflared-wrapper",
    `/etc/systemd/system/${APP_UNIT}`,
    `/etc/systemd/system/${APP_UNIT}.d/limits.conf`,
    "/etc/systemd/system/cloudflared-exporter.service",
    "/home/ec2-user/tenant-edge-notes",
  ])("is not %s", (path) => expect(writes(path)).toEqual([]));

  it.each([
    { write_files: [{ content: "x" }] },
    { write_files: ["x"] },
    { write_files: { path: "/x" } },
    { runcmd: "echo" },
    { users: "bob" },
    { groups: { admins: [] } },
  ])("is the shape of a list: %j", (extra) => expect(cloudConfigProblems(extra)).toHaveLength(1));

  it.each([
    { users: ["tenant-app"] },
    { users: ["bob, tenant-app"] },
    { users: [["tenant-app"]] },
    { users: [{ name: "tenant-app", shell: "/bin/bash" }] },
    { users: [{ name: "cloudflared" }] },
    { user: "tenant-app" },
    { user: { name: "tenant-app" } },
    { groups: ["tenant-app"] },
    { groups: [{ "tenant-app": ["bob"] }] },
    { groups: [{ others: ["bob"], "tenant-app": ["bob"] }] },
  ])("is a user or group of ours: %j", (extra) => expect(cloudConfigProblems(extra)).toHaveLength(1));

  it("is not a user who may read what the app reads", () => {
    expect(cloudConfigProblems({ users: [{ name: "bob", groups: ["tenant-app"] }] })).toEqual([]);
  });

  it.each([
    "bootcmd",
    "merge_how",
    "cloud_final_modules",
    "datasource",
    "vendor_data",
  ])("is what cloud-init does with all the rest: %s", (key) => {
    expect(cloudConfigProblems({ [key]: [] })).toMatchObject([{ path: [key] }]);
    expect(() => mergeCloudConfig(OURS, { [key]: [] })).toThrow(`cloudConfig.${key}: `);
  });

  it("is told all at once, with its places, and makes no document", () => {
    const cloudConfig = {
      bootcmd: ["true"],
      write_files: [{ path: "/etc/motd" }, { path: "/etc/tenant-edge/host.env" }],
      users: ["default", "tenant-app"],
    };
    expect(cloudConfigProblems(cloudConfig).map(({ path }) => path.join("."))).toEqual([
      "bootcmd",
      "write_files.1.path",
      "users.1",
    ]);
    expect(() => renderUserData({ ...SPEC, cloudConfig })).toThrow(/^cloudConfig\.bootcmd: allowed is /);
  });
});

/** What the YAML of a stack file can hold. Keys as cloud-init has them, but none that is refused. */
const scalar = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.constantFrom(
    "yes",
    "on",
    "NO",
    "~",
    "null",
    "0644",
    "1e3",
    "1_000",
    "12:30:45",
    "2026-01-01",
    "=",
    "<<",
    "-",
  ),
  fc.constantFrom(
    "#x",
    "a: b",
    "a #b",
    "- a",
    "? a",
    "%x",
    "@x",
    "`x",
    "!x",
    "&x",
    "*x",
    "|",
    ">",
    "0x1F",
    ".5",
  ),
  fc.constantFrom(
    "one\ntwo\n",
    "  indented\n\ttab\n",
    "end without newline\nx",
    "\n\n",
    "trailing  \n",
    "\u0085\u2028",
  ),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0)),
  fc.boolean(),
  fc.constant(null),
);
const key = fc.stringMatching(/^[a-z0-9][a-z0-9_.-]{0,11}$/).map((name) => `x_${name}`);
const { value: anything } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalar,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(key, tie("value"), { maxKeys: 3, noNullPrototype: true }),
  ),
}));
const command = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.array(fc.string({ unit: "grapheme" }), { minLength: 1 }),
);
const file = fc.record({
  path: fc.stringMatching(/^[a-z]{1,8}$/).map((name) => `/opt/${name}`),
  content: fc.string({ unit: "grapheme" }),
});
const cloudConfigs = fc
  .tuple(
    fc.dictionary(key, anything, { maxKeys: 3, noNullPrototype: true }),
    fc.record(
      {
        runcmd: fc.array(command, { maxLength: 4 }),
        write_files: fc.array(file, { maxLength: 4 }),
        users: fc.array(fc.constantFrom("bob", "eve", { name: "carol", gecos: "yes" }), { maxLength: 3 }),
        groups: fc.array(fc.constantFrom("admins", { auditors: ["bob"] }), { maxLength: 3 }),
      },
      { requiredKeys: [], noNullPrototype: true },
    ),
  )
  .map(([others, lists]): Record<string, unknown> => ({ ...others, ...lists }));

const listOf = (document: Readonly<Record<string, unknown>>, name: string): unknown[] => {
  const { [name]: list = [] } = document;
  if (!Array.isArray(list)) throw new Error(`${name} is no list`);
  return list;
};

function expectMerged(merged: Readonly<Record<string, unknown>>, extra: Record<string, unknown>): void {
  for (const name of LISTS) {
    expect(merged[name]).toEqual([...listOf(OURS, name), ...listOf(extra, name)]);
  }
  for (const [name, value] of Object.entries(extra)) {
    if (!LISTS.some((list) => list === name)) expect(merged[name]).toEqual(value);
  }
  expect(new Set(Object.keys(merged))).toEqual(new Set([...Object.keys(OURS), ...Object.keys(extra)]));
}

describe("merging a cloud-config", () => {
  it("has ours first and unchanged, then the user's in order, and everything else as written", () => {
    fc.assert(
      fc.property(cloudConfigs, (extra) => {
        expectMerged(mergeCloudConfig(OURS, extra), extra);
      }),
    );
  });

  it("keeps ours where both have a key that is no list", () => {
    expect(mergeCloudConfig({ timezone: "UTC" }, { timezone: "Europe/Berlin" })).toEqual({ timezone: "UTC" });
  });

  it("survives being written as YAML and read again", () => {
    fc.assert(
      fc.property(cloudConfigs, (extra) => {
        expectMerged(documentOf({ ...SPEC, cloudConfig: extra }).content, extra);
      }),
      { numRuns: 200 },
    );
  });

  // The interpreter of Debian, whose packages have the parser that cloud-init uses.
  it.runIf(hasTool("cloud-init"))("survives being read by the parser of cloud-init", async () => {
    const samples = fc.sample(cloudConfigs, { numRuns: 300, seed: 20_261_101 });
    const texts = samples.map((cloudConfig) => renderUserData({ ...SPEC, cloudConfig }));
    const program =
      "import json, sys, yaml; print(json.dumps([yaml.safe_load(text) for text in json.load(sys.stdin)]))";
    const { stdout } = await execa("/usr/bin/python3", ["-c", program], { input: JSON.stringify(texts) });
    const documents = JSON.parse(stdout) as Record<string, unknown>[];
    expect(documents).toHaveLength(samples.length);
    for (const [index, extra] of samples.entries()) expectMerged(documents[index] ?? {}, extra);
  });
});
