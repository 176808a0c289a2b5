/** Stack files of earlier formats. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { migrated, PRESENT_VERSION } from "../../config/migrations/migrate.ts";
import { migrateText, settingsIn } from "../../config/migrations/migrateText.ts";
import { problemsOf, rawStack, rawStackFile } from "./stacks.ts";

const OLD = `# The stack of production.
config:
  aws:region: eu-west-1   # Ireland
  tenant-edge:environment: prod

  tenant-edge:tenants:
    - id: acme   # the first
      displayName: "Acme\\nInc."
    # Theirs is fine.
    - {id: globex, displayName: Globex}
encryptionsalt: v1:abc
`;

describe("an old stack file", () => {
  it("is migrated in place: comments and all other lines stay", () => {
    const text = migrateText(OLD);
    const [before, after] = [OLD.split("\n"), text.split("\n")];
    expect(after.filter((line) => !before.includes(line)).map((line) => line.trim())).toEqual([
      "displayName: Acme Inc.",
      `tenant-edge:schemaVersion: ${PRESENT_VERSION}`,
    ]);
    expect(before.filter((line) => !after.includes(line)).map((line) => line.trim())).toEqual([
      'displayName: "Acme\\nInc."',
    ]);
  });

  it("is refused when it means something else today, with the command that helps, and nothing else", () => {
    const raw = rawStack([
      { id: "acme", displayName: "Acme\nInc." },
      { id: "x", typo: 1 },
    ]);
    const [problem, ...others] = problemsOf(raw);
    expect(problem).toMatchObject({
      path: "tenant-edge:schemaVersion",
      found: "nothing, which is version 1",
      action: expect.stringContaining("npx tenant-edge migrate"),
    });
    expect(others).toEqual([]);
    expect(problemsOf({ ...migrated(raw) }).map(({ path }) => path)).toEqual(["tenant-edge:tenants[1].typo"]);
  });

  it.each([
    {},
    { schemaVersion: 1 },
    { schemaVersion: "1" },
    { schemaVersion: PRESENT_VERSION },
  ])("is read as it is when it means the same today: %o", (version) => {
    expect(problemsOf(rawStack([{ id: "acme" }], version))).toEqual([]);
  });
});

it("a later stack file is refused with the version that it needs", () => {
  const later = PRESENT_VERSION + 1;
  expect(problemsOf(rawStack([{ id: "acme", newKey: 1 }], { schemaVersion: String(later) }))).toEqual([
    expect.objectContaining({
      path: "tenant-edge:schemaVersion",
      allowed: `1 to ${PRESENT_VERSION}`,
      action: expect.stringContaining(`reads version ${later}`),
    }),
  ]);
});

it("any old list of tenants is migrated to one that the present format takes, once and for all", () => {
  const name = fc.string({
    unit: fc.constantFrom("a", " ", "\n", "\r\n", "ä", ":", "#", "'"),
    maxLength: 20,
  });
  const entries = fc.uniqueArray(
    fc.record(
      { id: fc.constantFrom("acme", "globex", "hooli"), displayName: name },
      { requiredKeys: ["id"] },
    ),
    { selector: ({ id }) => id },
  );
  fc.assert(
    fc.property(entries, fc.boolean(), (tenants, hasVersion) => {
      const raw = rawStack(tenants, hasVersion ? { schemaVersion: 1 } : {});
      const config = Object.fromEntries(
        Object.entries(raw).map(([key, value]) => [`tenant-edge:${key}`, value]),
      );
      const text = `# Ours.\n${stringify({ config, encryptionsalt: "v1:abc" })}# The end.\n`;
      const after = migrateText(text);
      expect(migrateText(after)).toBe(after);
      expect(settingsIn(after)).toEqual(migrated(raw));
      expect(problemsOf(settingsIn(after))).toEqual([]);
      expect(after).toMatch(/^# Ours\.\n/);
      expect(after).toMatch(/# The end\.\n$/);
      expect(parse(after)).toMatchObject({ encryptionsalt: "v1:abc" });
      for (const [index, { displayName = "" }] of tenants.entries()) {
        const words = (said: string) => said.split(/\s+/).filter(Boolean).join(" ");
        const [migratedName] = [(migrated(raw)["tenants"] as { displayName?: string }[])[index]?.displayName];
        expect(words(migratedName ?? "")).toBe(words(displayName));
      }
    }),
  );
});

it.each(["staging", "prod"])("the stack file of %s is of the present format", (stack) => {
  expect(rawStackFile(stack)["schemaVersion"]).toBe(PRESENT_VERSION);
  const text = readFileSync(new URL(`../../Pulumi.${stack}.yaml`, import.meta.url), "utf8");
  expect(migrateText(text)).toBe(text);
});
