/** Any sequence of edits, on a list written in any of the usual ways, against a plain model of it. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { STACK_FILE_PATH, TextListDocument } from "../../tenantList/listDocument.ts";

type Entry = Record<string, unknown> & { id: string };

const IDS = ["a", "b", "c", "d", "e"];
const KEYS = ["displayName", "bucket", "host", "routes"];

const text = fc.oneof(
  fc.constantFrom(
    "plain",
    "yes",
    "012",
    "1_000",
    "0x1f",
    "2026-11-22",
    "1:30",
    "~",
    "",
    " x ",
    "# no",
    "a: b",
    "- a",
  ),
  fc.constantFrom(
    "line\nbreak",
    "tab\t",
    "'\"",
    "*a",
    "&a",
    "!!int 1",
    "{x}",
    "größer",
    "x".repeat(200),
    "<<",
    "|",
  ),
  fc.string({ maxLength: 60, unit: "grapheme" }),
);
const scalar = fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null));
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    scalar,
    fc.dictionary(fc.oneof(fc.constantFrom("x", "y", "z"), text), tie("value"), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
    fc.array(tie("value"), { maxLength: 3 }),
  ),
}));
const settings = fc.dictionary(fc.constantFrom(...KEYS), value, { maxKeys: 4, noNullPrototype: true });
const entry = fc
  .record({ id: fc.constantFrom(...IDS) })
  .chain(({ id }) => settings.map((rest): Entry => ({ id, ...rest })));

interface Step {
  put?: Entry;
  remove?: string;
}
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ put: entry }),
  fc.record({ remove: fc.constantFrom(...IDS) }),
);

const style = fc.record({
  eol: fc.constantFrom("\n", "\r\n"),
  indent: fc.constantFrom(0, 2, 4),
  gap: fc.boolean(),
  tenants: fc.uniqueArray(fc.record({ id: fc.constantFrom(...IDS), form: fc.nat(3) }), {
    selector: ({ id }) => id,
    maxLength: 5,
  }),
});

/** Ways in which people write a tenant; each comment says whose it is. */
const FORMS = [
  (id: string) => [`- id: ${id}`],
  (id: string) => [
    `# of ${id}`,
    `- id:   ${id} # of ${id}`,
    "  displayName: 'old'   # line",
    "  bucket: {x: 1,  z: [1,2]}",
  ],
  (id: string) => [
    `# of ${id}`,
    `- displayName: >-`,
    "    folded",
    "    text",
    `  id: "${id}"`,
    "  bucket:",
    "    # about x",
    "    x: 1",
    "    z:",
    "      - p # about p",
    "      - q",
    "  # inside",
  ],
  (id: string) => [`- {id: ${id}, displayName: "old"}`, "# nobody's", "", "# nobody's either", ""],
];

function write({
  eol,
  indent,
  gap,
  tenants,
}: typeof style extends fc.Arbitrary<infer T> ? T : never): string {
  const lines = tenants.flatMap(({ id, form }) => [
    ...(FORMS[form]?.(id) ?? []).map((line) => (line === "" ? "" : " ".repeat(2 + indent) + line)),
    ...(gap ? [""] : []),
  ]);
  const list = tenants.length === 0 ? "  tenant-edge:tenants: []" : "  tenant-edge:tenants:";
  return [
    "# top",
    "config:",
    "  before:   1 # x",
    list,
    "",
    ...lines,
    "  after: {a:  1}",
    "# bottom",
    "",
  ].join(eol);
}

it("says what the model says, and keeps what is not changed", () => {
  fc.assert(
    fc.property(style, fc.array(step, { maxLength: 6 }), (written, steps) => {
      const before = write(written);
      const document = new TextListDocument(before, STACK_FILE_PATH, "Pulumi.prod.yaml");
      const model = new Map<string, unknown>(document.entries().map((known) => [String(known["id"]), known]));
      const touched = new Set<string>();
      for (const { put, remove } of steps) {
        if (put !== undefined) {
          document.put(put);
          model.set(put.id, put);
          touched.add(put.id);
        } else if (remove !== undefined) {
          document.remove(remove);
          // What comes back in the same change comes back to its place.
          if (model.has(remove)) model.set(remove, undefined);
          touched.add(remove);
        }
      }
      const after = document.text();

      const plain = JSON.parse(JSON.stringify([...model.values()].filter((known) => known !== undefined)));
      const { config } = parse(after);
      expect(config["tenant-edge:tenants"]).toEqual(plain);
      // As readers of YAML 1.1 understand it, no text has become a time or a number.
      expect(parse(after, { version: "1.1" }).config["tenant-edge:tenants"]).toEqual(plain);

      const untouched = written.tenants.filter(({ id }) => !touched.has(id));
      for (const { id, form } of untouched) {
        const lines = FORMS[form]?.(id).filter((line) => line !== "" && !line.startsWith("# nobody")) ?? [];
        expect(after).toContain(
          lines.map((line) => " ".repeat(2 + written.indent) + line).join(written.eol) + written.eol,
        );
      }
      const count = (whole: string, part: string) => whole.split(part).length;
      expect(count(after, "# nobody")).toBe(count(before, "# nobody"));
      expect(after.startsWith(before.slice(0, before.indexOf("  tenant-edge")))).toBe(true);
      expect(after.endsWith(before.slice(before.indexOf("  after:")))).toBe(true);
      expect(after.replaceAll(written.eol, "")).not.toMatch(/[\r\n]/);
    }),
    { numRuns: 300 },
  );
});
