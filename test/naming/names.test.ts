import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ENVIRONMENT, TENANT_ID, TENANT_ID_LIMIT } from "../../config/schema.ts";
import { boundedName, hostNames, tenantNames } from "../../naming/names.ts";

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

describe("names of hosts", () => {
  const replicas = fc.integer({ min: 1, max: 4 });

  it("stay within every limit and are what AWS accepts", () => {
    fc.assert(
      fc.property(environments, ids, replicas, (environment, id, replica) => {
        const names = hostNames(environment, id, replica);
        expect(names.role).toMatch(/^[\w+=,.@-]{1,64}$/);
        expect(names.host.length).toBeLessThanOrEqual(100);
        expect(names.reportParameter.startsWith(`${tenantNames(environment, id).parameterPath}/`)).toBe(true);
      }),
    );
  });

  it("are those of one replica of one tenant", () => {
    fc.assert(
      fc.property(environments, ids, ids, replicas, replicas, (environment, id, other, one, two) => {
        fc.pre(id !== other || one !== two);
        const [left, right] = [hostNames(environment, id, one), hostNames(environment, other, two)];
        expect(left.role).not.toBe(right.role);
        expect(left.host).not.toBe(right.host);
        expect(left.reportParameter).not.toBe(right.reportParameter);
      }),
    );
  });

  it.each([
    ["acme", "acme-2"],
    ["acme", "acme-host"],
    ["acme", "acme-host-2"],
  ])("of %s and %s differ", (id, other) => {
    const all = [1, 2, 3].flatMap((replica) => [
      hostNames("prod", id, replica),
      hostNames("prod", other, replica),
    ]);
    expect(new Set(all.map(({ role }) => role)).size).toBe(6);
    expect(new Set(all.map(({ host }) => host)).size).toBe(6);
  });

  it("of the first carry no number", () => {
    expect(hostNames("prod", "acme", 1)).toEqual({
      host: "te-prod-acme",
      role: "te-prod-acme-host",
      reportParameter: "/tenant-edge/prod/acme/host-report",
    });
  });
});

it("a name at the limit is left alone, one above it is cut to the limit", () => {
  expect(boundedName("a".repeat(63), 63)).toBe("a".repeat(63));
  expect(boundedName("a".repeat(64), 63)).toMatch(/^a{51}--[0-9a-f]{10}$/);
});
