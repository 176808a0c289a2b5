import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ENVIRONMENT, TENANT_ID, TENANT_ID_LIMIT } from "../../config/schema.ts";
import { boundedName, tenantNames } from "../../naming/names.ts";

const environments = fc.stringMatching(ENVIRONMENT);
const ids = fc
  .oneof(
    fc.stringMatching(TENANT_ID),
    // Long ones, and ones that imitate a name that was cut.
    fc.stringMatching(/^[a-z](?:-?[a-z0-9]){40,62}$/),
    fc.stringMatching(/^te-staging-[a-z]{30,40}-[0-9a-f]{10}$/),
  )
  .filter((id) => id.length <= TENANT_ID_LIMIT && TENANT_ID.test(id));

describe("names of tenants", () => {
  it("never collide for two different tenants", () => {
    fc.assert(
      fc.property(environments, ids, environments, ids, (environment, id, otherEnvironment, otherId) => {
        fc.pre(environment !== otherEnvironment || id !== otherId);
        const names = tenantNames(environment, id);
        const others = tenantNames(otherEnvironment, otherId);
        for (const key of Object.keys(names) as (keyof typeof names)[])
          expect(names[key]).not.toBe(others[key]);
      }),
      { numRuns: 2000 },
    );
  });

  it("do not collide when they are cut at the same place", () => {
    const long = "a".repeat(60);
    const buckets = ["x", "y", "z"].map((end) => tenantNames("staging", `${long}${end}`).bucket);
    expect(new Set(buckets).size).toBe(3);
  });

  it("cannot be imitated by a shorter id when they are cut", () => {
    const { bucket } = tenantNames("prod", "a".repeat(63));
    expect(bucket).toHaveLength(63);
    expect(TENANT_ID.test(bucket.slice("te-prod-".length))).toBe(false);
  });

  it("stay within every limit and are what Cloudflare and AWS accept", () => {
    fc.assert(
      fc.property(environments, ids, (environment, id) => {
        const names = tenantNames(environment, id);
        expect(names.bucket).toMatch(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/);
        expect(names.role).toMatch(/^[\w+=,.@-]{1,64}$/);
        expect(names.tunnel.length).toBeLessThanOrEqual(100);
        expect(names.parameterPath).toMatch(/^(?:\/[a-zA-Z0-9_.-]+){3}$/);
        expect(names.mark.length).toBeLessThanOrEqual(100);
      }),
    );
  });

  it("keep parameters of one tenant out of every other tenant's path", () => {
    fc.assert(
      fc.property(environments, ids, ids, (environment, id, other) => {
        fc.pre(id !== other);
        expect(
          `${tenantNames(environment, other).parameterPath}/`.startsWith(
            `${tenantNames(environment, id).parameterPath}/`,
          ),
        ).toBe(false);
      }),
    );
  });
});

it("a name at the limit is left alone, one above it is cut to the limit", () => {
  expect(boundedName("a".repeat(63), 63)).toBe("a".repeat(63));
  expect(boundedName("a".repeat(64), 63)).toMatch(/^a{51}--[0-9a-f]{10}$/);
});
