import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { SHARED_PATH, STACK_FILE_PATH, TextListDocument } from "../../tenantList/listDocument.ts";
import type { ListDocument } from "../../tenantList/tenantList.ts";

type Entry = Record<string, unknown> & { id: string };

function edited(
  text: string,
  edit: (document: ListDocument) => void,
  path: readonly string[] = STACK_FILE_PATH,
) {
  const document = new TextListDocument(text, path, "Pulumi.prod.yaml");
  edit(document);
  return document.text();
}

const STACK = `# yaml-language-server: $schema=./config/stack.schema.json
secretsprovider: passphrase
encryptionsalt: v1:abc=:v1:def:ghi
config:
  aws:region:   eu-west-1  # where the hosts are
  acme:password:
    secure: AAABAJ+x/y==
  tenant-edge:tenants:
    # The first customer.
    - id: acme
      displayName: 'Acme Ltd'   # as on the bill

    # About globex.
    # And more about it.
    - id: globex
      bucket:
        # Never delete this one.
        protect: true
        name:    globex-data
      hostnames: [a.example.com,   b.example.com]
      # host: nothing yet

    # About the rest of the list.

    - id: initech
  # About tags.
  tenant-edge:tags: {cost-center:   platform}
`;

describe("a stack file", () => {
  it("gets a tenant at the end, and keeps every line", () => {
    const entry = { id: "new", displayName: "New: one", disabled: { since: "2026-11-22T14:00:00.000Z" } };
    const added = `
    - id: new
      displayName: "New: one"
      disabled:
        since: "2026-11-22T14:00:00.000Z"
`;
    const expected = STACK.replace("    - id: initech\n", `    - id: initech\n${added}`);
    expect(edited(STACK, (document) => document.put(entry))).toBe(expected);
  });

  it("loses a tenant with its comments, and no other line", () => {
    const start = STACK.indexOf("    # About globex.");
    const end = STACK.indexOf("\n    # About the rest");
    expect(edited(STACK, (document) => document.remove("globex"))).toBe(
      STACK.slice(0, start) + STACK.slice(end + 1),
    );
  });

  it("keeps the lines of a tenant that do not change", () => {
    const entry = {
      id: "globex",
      bucket: { protect: true, name: "other", location: "weur" },
      hostnames: ["a.example.com", "b.example.com", "c.example.com"],
    };
    const expected = STACK.replace("globex-data", "other\n        location: weur").replace(
      "b.example.com]",
      "b.example.com, c.example.com]",
    );
    expect(edited(STACK, (document) => document.put(entry))).toBe(expected);
  });

  it("loses keys that are gone from a tenant, with their comments", () => {
    const expected = STACK.replace("        # Never delete this one.\n        protect: true\n", "").replace(
      "      hostnames: [a.example.com,   b.example.com]\n      # host: nothing yet\n",
      "      # host: nothing yet\n",
    );
    const entry = { id: "globex", bucket: { name: "globex-data" }, hostnames: undefined };
    expect(edited(STACK, (document) => document.put(entry))).toBe(expected);
  });

  it("says no tenants once the last is removed, and keeps what was no tenant's", () => {
    const empty = edited(STACK, (document) => {
      for (const id of ["globex", "acme", "initech", "unknown"]) document.remove(id);
    });
    expect(parse(empty).config["tenant-edge:tenants"]).toEqual([]);
    expect(empty).toContain("\n    # About the rest of the list.\n");
    expect(empty).toContain("  # About tags.\n");
    const again = edited(empty, (document) => document.put({ id: "acme" }));
    expect(parse(again).config["tenant-edge:tenants"]).toEqual([{ id: "acme" }]);
    expect(again).toContain("\n    # About the rest of the list.\n");
  });

  it("is the same text when nothing differs", () => {
    const unchanged = edited(STACK, (document) => {
      for (const entry of document.entries()) document.put(entry as Entry);
      document.put({ id: "for a moment" });
      document.remove("for a moment");
    });
    expect(unchanged).toBe(STACK);
  });

  it("does not follow changes of what was read from it", () => {
    const unchanged = edited(STACK, (document) => {
      const entry = document.entry("globex");
      (entry?.["bucket"] as Record<string, unknown>)["name"] = "x";
      document.entries().pop();
    });
    expect(unchanged).toBe(STACK);
  });
});

const FORMS: Record<string, [before: string, after: string]> = {
  "an empty file": ["", "config:\n  tenant-edge:tenants:\n    - id: a\n    - id: b\n"],
  "no list": ["config:\n  x: 1", "config:\n  x: 1\n  tenant-edge:tenants:\n    - id: a\n    - id: b"],
  "a key without a value": [
    "config:\n  tenant-edge:tenants:\n  x: 1\n",
    "config:\n  tenant-edge:tenants:\n    - id: a\n    - id: b\n  x: 1\n",
  ],
  "an empty list": [
    "config:\n  tenant-edge:tenants: [] # none\n",
    "config:\n  tenant-edge:tenants: # none\n    - id: a\n    - id: b\n",
  ],
  "comments alone": [
    "config:\n  tenant-edge:tenants:\n    # - id: x\n  x: 1\n",
    "config:\n  tenant-edge:tenants:\n    # - id: x\n\n    - id: a\n    - id: b\n  x: 1\n",
  ],
  "a list as deep as its key, with CRLF": [
    "config:\r\n  tenant-edge:tenants:\r\n  - id: a\r\n  # end\r\n",
    "config:\r\n  tenant-edge:tenants:\r\n  - id: a\r\n  - id: b\r\n  # end\r\n",
  ],
  "a list on one line": [
    "config:\n  tenant-edge:tenants: [{id: a}, {id: c, x: [1]}] # all\n",
    "config:\n  tenant-edge:tenants: [{id: a}, { id: b }] # all\n",
  ],
  "JSON on one line": [
    '{"config": {"tenant-edge:tenants": [{"id": "c"}, {"id": "a"}]}}',
    '{"config": {"tenant-edge:tenants": [{"id": "a"}, {"id":"b"}]}}',
  ],
  "JSON on many lines": [
    '{\n  "config": {\n    "x": 1\n  }\n}\n',
    '{\n  "config": {\n    "x": 1,\n    "tenant-edge:tenants": [\n      {\n        "id": "a"\n      },\n      {\n        "id": "b"\n      }\n    ]\n  }\n}\n',
  ],
  "lines between markers of a document": [
    "---\nconfig:\n  tenant-edge:tenants:\n    -   id: a\n...\n",
    "---\nconfig:\n  tenant-edge:tenants:\n    -   id: a\n    - id: b\n...\n",
  ],
};

it.each(Object.entries(FORMS))("edits a stack file with %s", (_, [before, after]) => {
  const put = (document: ListDocument) => {
    document.put({ id: "a" });
    document.put({ id: "b" });
    document.remove("c");
  };
  expect(edited(before, put)).toBe(after);
});

it("edits a shared document", () => {
  const before = "# All of them.\ntenants: []\n";
  const after = edited(before, (document) => document.put({ id: "a" }), SHARED_PATH);
  expect(after).toBe("# All of them.\ntenants:\n  - id: a\n");
});

describe("aliases", () => {
  const TEXT = `config:
  tenant-edge:tenants:
    - id: a
      bucket: &small
        enabled: true
    - id: b
      bucket: *small
    - id: c
      <<: { displayName: C }
`;

  it("count when the list is read, merge keys too", () => {
    const document = new TextListDocument(TEXT, STACK_FILE_PATH, "Pulumi.prod.yaml");
    expect(document.entry("b")).toEqual({ id: "b", bucket: { enabled: true } });
    expect(document.entry("c")).toEqual({ id: "c", displayName: "C" });
  });

  it.each<[string, (document: ListDocument) => void]>([
    ["change what an alias stands for", (document) => document.put({ id: "a", bucket: { enabled: false } })],
    ["remove what an alias stands for", (document) => document.remove("a")],
  ])("refuse to %s", (_, edit) => {
    expect(() => edited(TEXT, edit)).toThrow(/Pulumi\.prod\.yaml .*aliases.*Nothing was changed/);
  });

  it("do not hinder a change of anything else", () => {
    const after = edited(TEXT, (document) => {
      document.put({ id: "b", bucket: { enabled: false } });
      document.put({ id: "c", displayName: "C", origin: {} });
    });
    expect(after).toBe(
      TEXT.replace("*small", "\n        enabled: false")
        .replace("bucket: \n", "bucket:\n")
        .replace("<<: { displayName: C }\n", "<<: { displayName: C }\n      origin: {}\n"),
    );
  });
});

it.each([
  ["config:\n  a: [\n", /Pulumi\.prod\.yaml .*line 3/],
  ["config:\n  a: 1\n  a: 2\n", /unique.*line 3/s],
  ["a: 1\n---\nb: 1\n", /multiple documents/],
  ["- id: a\n", /holds a list/],
  ["config:\n  tenant-edge:tenants: none\n", /no list at config\.tenant-edge:tenants/],
  ["config:\n  tenant-edge:tenants:\n    secure: AAAB\n", /an encrypted value/],
  ["config:\n  tenant-edge:tenants:\n    - id: a\n    - b\n", /at index 1/],
  ["config: 1\n", /in the place of a map/],
])("says what is wrong with %j", (text, message) => {
  expect(() => new TextListDocument(text, STACK_FILE_PATH, "Pulumi.prod.yaml")).toThrow(message);
});

it("refuses to guess which of two tenants with one id is meant", () => {
  const text = "config:\n  tenant-edge:tenants:\n    - id: a\n    - id: a\n    - id: b\n";
  expect(() => edited(text, (document) => document.put({ id: "a", x: 1 }))).toThrow(/several tenants.*"a"/);
  expect(() => edited(text, (document) => document.remove("a"))).toThrow(/several tenants.*"a"/);
  expect(edited(text, (document) => document.remove("b"))).toBe(text.replace("    - id: b\n", ""));
});

it("edits a list of a thousand tenants at once", () => {
  const text = `config:\n  tenant-edge:tenants:\n${Array.from({ length: 1000 }, (_, n) => `    - id: t${n}\n      displayName: ${n}\n`).join("")}`;
  const after = edited(text, (document) => {
    for (let n = 0; n < 1000; n += 2) document.remove(`t${n}`);
    for (let n = 0; n < 500; n += 1) document.put({ id: `n${n}` });
  });
  expect(parse(after).config["tenant-edge:tenants"]).toHaveLength(1000);
});
