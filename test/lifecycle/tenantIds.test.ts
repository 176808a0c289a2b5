import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TENANT_ID, TENANT_ID_LIMIT } from "../../config/schema.ts";
import { subdomainCandidates, tenantIdOf } from "../../lifecycle/tenantIds.ts";

/** Ids that are easily confused: case, separators, digits first, too long, like a made one. */
const foreignId = fc.oneof(
  fc.string({ minLength: 1, maxLength: 200 }),
  fc.stringMatching(/^[A-Za-z0-9 ._:-]{1,60}$/),
  fc.stringMatching(/^[a-z]{1,5}-[0-9a-f]{10}$/),
  fc.stringMatching(/^[aA]{1,3}[-_ ]{0,2}[bB1]{1,3}$/),
);

describe("the tenant's id for an id of another system", () => {
  it("is always one that the list allows, and always the same", () => {
    fc.assert(
      fc.property(foreignId, (id) => {
        const made = tenantIdOf(id);
        expect(made).toMatch(TENANT_ID);
        expect(made.length).toBeLessThanOrEqual(TENANT_ID_LIMIT);
        expect(tenantIdOf(id)).toBe(made);
      }),
    );
  });

  it("belongs to one id alone", () => {
    fc.assert(
      fc.property(fc.uniqueArray(foreignId, { minLength: 2, maxLength: 40 }), (ids) => {
        expect(new Set(ids.map(tenantIdOf)).size).toBe(ids.length);
      }),
    );
  });

  it("is not one that was made for another", () => {
    fc.assert(
      fc.property(foreignId, foreignId, (one, other) => {
        const made = tenantIdOf(other);
        fc.pre(one !== other && made !== other);
        expect(tenantIdOf(made)).not.toBe(made);
        expect(tenantIdOf(one)).not.toBe(made);
      }),
    );
  });

  it("is that id itself when it is one of ours", () => {
    const ours = fc.stringMatching(/^[a-z](-?[a-z0-9]){0,19}$/).filter((id) => !/-[0-9a-f]{10}$/.test(id));
    fc.assert(fc.property(ours, (id) => void expect(tenantIdOf(id)).toBe(id)));
  });

  it.each([
    ["Acme Ltd.", /^acme-ltd-[0-9a-f]{10}$/],
    ["42", /^hub-[0-9a-f]{10}$/],
    ["42-acme", /^acme-[0-9a-f]{10}$/],
    ["東京", /^hub-[0-9a-f]{10}$/],
    ["acme--eu", /^acme-eu-[0-9a-f]{10}$/],
  ])("keeps what can be read of %s", (id, expected) => {
    expect(tenantIdOf(id)).toMatch(expected);
  });
});

describe("first labels for a tenant", () => {
  const tenantId = fc.stringMatching(/^[a-z](-?[a-z0-9]){0,30}$/);

  it("fit into a label with any prefix, are no two the same, and the same each time", () => {
    const prefix = fc.stringMatching(/^([a-z0-9][a-z0-9-]{0,31})?$/);
    const long = fc.stringMatching(/^[a-z](-?[a-z0-9]){31}[a-z]{0,20}$/).map((id) => id.slice(0, 63));
    fc.assert(
      fc.property(fc.oneof(tenantId, long), prefix, (id, start) => {
        fc.pre(!id.endsWith("-"));
        const labels = [...subdomainCandidates(id, start)];
        for (const label of labels) {
          expect(label).toMatch(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/);
          expect(start.length + label.length).toBeLessThanOrEqual(63);
        }
        expect(new Set(labels).size).toBe(labels.length);
        expect([...subdomainCandidates(id, start)]).toEqual(labels);
      }),
      { numRuns: 50 },
    );
  });

  it("begin with the id itself where it fits", () => {
    const [first, second] = subdomainCandidates("acme", "staging-");
    expect(first).toBe("acme");
    expect(second).toMatch(/^acme-[0-9a-f]{6}$/);
    expect([...subdomainCandidates("a".repeat(60), "staging-")]).not.toContain("a".repeat(60));
  });
});
