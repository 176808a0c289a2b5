import { existsSync, readFileSync, statSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { draft } from "../../../operations/engine/draft.ts";
import { withArriving, withFocus, withOverlay, withTenants } from "../../../operations/engine/overlay.ts";
import { stackContents } from "../../../operations/engine/stackContents.ts";
import { TextListDocument } from "../../../tenantList/listDocument.ts";
import { output } from "../../lifecycle/outputs.ts";

const FILE = `# ours
secretsprovider: passphrase
encryptionsalt: v1:abc=:v1:def
config:
  aws:region: eu-west-1
  cloudflare:apiToken:
    secure: v1:xyz
  tenant-edge:environment: prod
  tenant-edge:tenantList: s3://lists/prod
  tenant-edge:tenants:
    - id: acme
`;

describe("a stack file for one run", () => {
  it("has the given list in the place of its own and of the shared one, and all else as it was", () => {
    const entries = [
      { id: "globex", bucket: { keyGenerations: [1, 2] } },
      { id: "a", displayName: "yes: #1" },
    ];
    const { config, ...rest } = parse(withTenants(FILE, entries));
    expect(rest).toEqual({ secretsprovider: "passphrase", encryptionsalt: "v1:abc=:v1:def" });
    expect(config).toEqual({
      "aws:region": "eu-west-1",
      "cloudflare:apiToken": { secure: "v1:xyz" },
      "tenant-edge:environment": "prod",
      "tenant-edge:tenants": entries,
    });
  });

  it("can be made of one that has no list, and of one without configuration", () => {
    for (const text of ["config:\n  aws:region: eu-west-1\n", "encryptionsalt: x\n", ""]) {
      expect(parse(withTenants(text, [{ id: "acme" }])).config["tenant-edge:tenants"]).toEqual([
        { id: "acme" },
      ]);
    }
  });

  it("is for all tenants, or for some of them and for some minutes", () => {
    const now = new Date("2026-11-22T10:00:00Z");
    expect(withFocus(FILE, undefined, now)).toBe(FILE);
    const { config } = parse(withFocus(FILE, ["acme"], now));
    expect(config["tenant-edge:focus"]).toEqual({ tenants: ["acme"], until: "2026-11-22T10:10:00.000Z" });
    expect(config["tenant-edge:tenants"]).toEqual([{ id: "acme" }]);
  });

  it("announces a tenant for some minutes", () => {
    const { config } = parse(withArriving(FILE, ["acme"], new Date("2026-11-22T10:00:00Z")));
    expect(config["tenant-edge:arriving"]).toEqual({
      tenants: ["acme"],
      until: "2026-11-22T10:10:00.000Z",
    });
  });

  it("is for this user's eyes, and is gone afterwards, also when its use failed", async () => {
    let path = "";
    const use = withOverlay("config: {}\n", async (file) => {
      path = file;
      expect(readFileSync(file, "utf8")).toBe("config: {}\n");
      expect(statSync(file).mode & 0o077).toBe(0);
      throw new Error("failed");
    });
    await expect(use).rejects.toThrow("failed");
    expect(existsSync(path)).toBe(false);
  });
});

describe("a draft", () => {
  it("does the same as the list in the stack file, whose order may be another", () => {
    const id = fc.constantFrom("a", "b", "c");
    const edit = fc.oneof(
      fc.record({ id, remove: fc.constant(true) }),
      fc.record({ id, remove: fc.constant(false), value: fc.constantFrom(1, 2, undefined) }),
    );
    fc.assert(
      fc.property(fc.uniqueArray(id), fc.array(edit, { maxLength: 6 }), (ids, edits) => {
        const entries = ids.map((each) => ({ id: each, value: 0 }));
        const text = `tenants: ${JSON.stringify(entries)}\n`;
        const [one, other] = [draft(entries), new TextListDocument(text, ["tenants"], "list")];
        for (const document of [one, other]) {
          for (const each of edits) {
            if (each.remove) document.remove(each.id);
            else document.put({ id: each.id, value: "value" in each ? each.value : undefined });
          }
        }
        expect(one.entries()).toHaveLength(other.entries().length);
        for (const each of ["a", "b", "c"]) expect(one.entry(each)).toEqual(other.entry(each));
      }),
    );
  });

  it("leaves what it was made of alone, and gives copies away", () => {
    const entries = [{ id: "acme", bucket: { keyGenerations: [1] } }];
    const document = draft(entries);
    document.put({ id: "acme" });
    document.entries().length = 0;
    Object.assign(document.entry("acme") ?? {}, { id: "x" });
    expect(entries).toEqual([{ id: "acme", bucket: { keyGenerations: [1] } }]);
    expect(document.entries()).toEqual([{ id: "acme" }]);
  });
});

describe("what a stack holds", () => {
  it("is read from its exported state: tenants from its outputs, every id, and what was interrupted", () => {
    const root = "urn:pulumi:prod::tenant-edge::pulumi:pulumi:Stack::tenant-edge-prod";
    const host = "urn:pulumi:prod::tenant-edge::tenant-edge:index:Tenant$tenant-edge:index:ConnectorHost";
    const resources = [
      { urn: root, type: "pulumi:pulumi:Stack", outputs: { tenants: { acme: output("acme"), odd: {} } } },
      { urn: "a", type: "aws:ec2/vpc:Vpc", id: "vpc-1", outputs: { secret: { ciphertext: "x" } } },
      { urn: "b", type: "tenant-edge:index:Tenant" },
      { urn: "c", type: "aws:ec2/instance:Instance", id: "i-1", delete: true },
    ];
    const type = "aws:iam/role:Role";
    const pending_operations = [
      {
        type: "creating",
        resource: { urn: `${host}$${type}::acme--2-role`, type, parent: `${host}::acme--2` },
      },
      { type: "deleting", resource: { urn: "a", type: "aws:ec2/vpc:Vpc" } },
    ];
    const found = stackContents(
      "prod",
      JSON.stringify({ version: 3, deployment: { resources, pending_operations } }),
    );
    expect(found.stack).toBe("prod");
    expect([...found.deployed.tenants.keys()]).toEqual(["acme"]);
    expect(found.deployed.unreadable).toEqual(["odd"]);
    expect([...found.resourceIds]).toEqual(["vpc-1", "i-1"]);
    expect(found.root).toBe(root);
    expect(found.pending).toMatchObject([
      { action: "creating", type, name: "acme--2-role", tenant: "acme" },
      { action: "deleting", tenant: "" },
    ]);
  });

  it.each([
    '{"version":3}',
    '{"version":3,"deployment":null}',
    '{"deployment":{}}',
  ])("may be nothing: %s", (text) => {
    const { deployed, resourceIds } = stackContents("prod", text);
    expect([deployed.tenants.size, resourceIds.size]).toEqual([0, 0]);
  });

  it.each([
    "",
    "no JSON",
    '{"deployment":{"resources":"many"}}',
  ])("is an error when it is no state: %s", (text) => {
    expect(() => stackContents("prod", text)).toThrow();
  });
});
