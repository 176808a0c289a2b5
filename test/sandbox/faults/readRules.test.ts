import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { readFaultRules } from "../../../sandbox/faults/readRules.ts";

function rulesIn(text: string) {
  const folder = mkdtempSync(join(tmpdir(), "tenant-edge-faults-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "rules.yaml");
  writeFileSync(file, text);
  return () => readFaultRules({ TENANT_EDGE_FAULTS: file });
}

describe("the file of rules", () => {
  it("is optional", () => {
    expect(readFaultRules({})).toEqual([]);
  });

  it("gives rules with their defaults", () => {
    const read = rulesIn(
      "- kind: slow\n- {kind: '429', call: '^POST .*/cfd_tunnel$', calls: [1], where: cloudflare}\n",
    );
    expect(read()).toMatchObject([
      { kind: "slow", probability: 1, delay: 1500 },
      { kind: "429", call: "^POST .*/cfd_tunnel$", calls: [1], where: "cloudflare" },
    ]);
  });

  it.each([
    ["- kind: 503", "[0].kind"],
    ["- {kind: slow, probabilty: 1}", "probabilty"],
    ["- {kind: slow, call: '('}", "Invalid regular expression"],
    ["- {kind: slow, calls: [0]}", "[0].calls[0]"],
    ["kind: slow", "a list of rules (docs/faults.md)"],
    ["- {", "rules.yaml"],
  ])("%s is refused with the reason", (text, reason) => {
    expect(rulesIn(text)).toThrow(reason);
  });

  it("has to be there", () => {
    expect(() => readFaultRules({ TENANT_EDGE_FAULTS: "/nowhere.yaml" })).toThrow(
      "TENANT_EDGE_FAULTS names /nowhere.yaml: ENOENT",
    );
  });
});
