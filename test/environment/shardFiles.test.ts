import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { readShardFiles } from "../../environment/shardFiles.ts";
import { shardFolder, stackText } from "./shardFolder.ts";

/** What happens while somebody waits. */
const waits = vi.hoisted(() => ({ onWait: () => {} }));
vi.mock("node:timers/promises", () => ({ setTimeout: async () => waits.onWait() }));
afterEach(() => {
  waits.onWait = () => {};
});

const namesOf = async (folder: string, except?: string) =>
  (await readShardFiles(folder, "staging", except)).shards.map(({ file }) => file);

describe("the stack files of an environment", () => {
  it("are those that name it, without the stack's own", async () => {
    const folder = shardFolder({
      eu: stackText([{ id: "acme" }]),
      us: stackText([]),
      own: stackText([]),
      prod: stackText([], { environment: "prod" }),
      "prod-staging": stackText([{ id: "staging" }], { environment: "prod" }),
      none: "config:\n  other:environment: staging\n",
      empty: "",
    });
    writeFileSync(join(folder, "Pulumi.yaml"), "name: tenant-edge # tenant-edge:environment staging\n");
    for (const copy of ["eu.yaml.bak", "eu copy.yaml", "eu (1).yaml", "eu~.yaml"])
      writeFileSync(join(folder, `Pulumi.${copy}`), stackText([{ id: "acme" }]));
    expect(await namesOf(folder, "own")).toEqual(["Pulumi.eu.yaml", "Pulumi.us.yaml"]);
  });

  it("are none in a folder that is not there", async () => {
    expect(await readShardFiles("/nowhere/at/all", "staging")).toEqual({ shards: [], unreadable: [] });
  });

  it("are read as Pulumi reads them: lists in JSON, merged keys, times", async () => {
    const entry = { id: "acme", disabled: { since: "2026-11-22 10:00:00 +0000 UTC" } };
    const json = stackText(JSON.stringify([{ id: "acme" }]));
    const merged = `${stackText([])}  x: &x { subdomain: shop }\n  y: { <<: *x }\n`;
    const folder = shardFolder({
      json,
      merged: merged.replace("tenants: []", "tenants: [{ id: initech, <<: { subdomain: shop } }]"),
      times: stackText([entry]),
    });
    const { shards } = await readShardFiles(folder, "staging");
    expect(shards.map(({ raw }) => raw["tenants"])).toEqual([
      [{ id: "acme" }],
      [{ id: "initech", subdomain: "shop" }],
      [{ id: "acme", disabled: { since: "2026-11-22T10:00:00Z" } }],
    ]);
  });
});

describe("a file that cannot be read", () => {
  it("is a problem that names it, and keeps no other one from being read", async () => {
    const folder = shardFolder({
      broken: `${stackText([])}  <<<<<<< ours\n  - x: [\n`,
      eu: stackText([]),
    });
    mkdirSync(join(folder, "Pulumi.folder.yaml"));
    const { shards, unreadable } = await readShardFiles(folder, "staging");
    expect(shards.map(({ stack }) => stack)).toEqual(["eu"]);
    expect(unreadable).toEqual([
      expect.objectContaining({
        path: "Pulumi.broken.yaml",
        found: expect.stringMatching(/^no YAML: .*at line \d+/),
        allowed: expect.stringContaining("its tenants cannot be compared"),
      }),
      expect.objectContaining({ path: "Pulumi.folder.yaml", found: "what cannot be read (EISDIR)" }),
    ]);
  });

  it("is one that would grow without end, too", async () => {
    const bomb = `${stackText([])}  a: &a [*a]\n`;
    const { unreadable } = await readShardFiles(shardFolder({ bomb }), "staging");
    expect(unreadable.map(({ path }) => path)).toEqual(["Pulumi.bomb.yaml"]);
  });

  it("is read again when it was only being written", async () => {
    const folder = shardFolder({ empty: "", half: `${stackText([])}  - x: [` });
    waits.onWait = () => {
      for (const stack of ["empty", "half"]) {
        writeFileSync(join(folder, `Pulumi.${stack}.yaml`), stackText([]));
      }
    };
    const { shards, unreadable } = await readShardFiles(folder, "staging");
    expect(shards.map(({ stack }) => stack)).toEqual(["empty", "half"]);
    expect(unreadable).toEqual([]);
  });

  it("does not matter when it is another environment's", async () => {
    const folder = shardFolder({ prod: `${stackText([], { environment: "prod" })}  <<<<<<< ours: [\n` });
    expect(await readShardFiles(folder, "staging")).toEqual({ shards: [], unreadable: [] });
  });
});
