import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ENVIRONMENT, TENANT_ID } from "../../config/schema.ts";
import { bucketTokenName, hostNames, tenantNames } from "../../naming/names.ts";
import * as mark from "../../orphans/mark.ts";

const environments = fc.stringMatching(ENVIRONMENT);
const ids = fc
  .oneof(
    fc.stringMatching(TENANT_ID),
    // What other names end in.
    fc.constantFrom(
      "a-host",
      "a-host-2",
      "a-key-1",
      "acme",
      "prod-acme",
      "a".repeat(63),
      `a${"-b".repeat(31)}`,
    ),
  )
  .filter((id) => mark.isTenantId(id));

/** Every name of a tenant with what should tell it. */
function ownersOf(environment: string, nameEnvironment: string, id: string) {
  const names = tenantNames(nameEnvironment, id);
  const host = hostNames(nameEnvironment, id, 1);
  const replica = hostNames(nameEnvironment, id, 3);
  return [
    mark.tunnelOwner(environment, names.tunnel),
    mark.bucketOwner(environment, names.bucket),
    mark.keyOwner(environment, bucketTokenName(names.bucket, 12)),
    mark.recordOwner(environment, names.mark),
    mark.parameterOwner(environment, `${names.parameterPath}/tunnel-token`),
    mark.parameterOwner(environment, replica.reportParameter),
    mark.roleOwner(environment, host.role),
    mark.roleOwner(environment, replica.role),
  ];
}

describe("the mark", () => {
  it("tells the tenant from every name that was not cut, and nothing wrong from one that was", () => {
    fc.assert(
      fc.property(environments, ids, (environment, id) => {
        for (const owner of ownersOf(environment, environment, id)) {
          expect(owner).toBeDefined();
          expect([id, undefined]).toContain(owner?.tenant);
        }
        const isShort = `te-${environment}-${id}-host-3`.length <= 63;
        if (isShort)
          expect(ownersOf(environment, environment, id).every((owner) => owner?.tenant === id)).toBe(true);
      }),
    );
  });

  it("takes no name of another environment for its own, also when one begins with the other", () => {
    const nested = fc
      .tuple(environments, fc.stringMatching(/^[a-z0-9]{1,8}$/))
      .map(([first, more]): [string, string] => [first, `${first}${more}`.slice(0, 16)]);
    fc.assert(
      fc.property(fc.oneof(nested, fc.tuple(environments, environments)), ids, ([one, other], id) => {
        fc.pre(one !== other);
        expect(ownersOf(one, other, id).filter((owner) => owner !== undefined)).toEqual([]);
        expect(ownersOf(other, one, id).filter((owner) => owner !== undefined)).toEqual([]);
      }),
    );
  });

  it("leaves names alone that only look like ours", () => {
    for (const name of [
      "te-prod",
      "te-prod-",
      "te-prod-Acme",
      "te-prod-a--b",
      "te-prod-acme-",
      "te-prod-1",
      "xte-prod-a",
    ]) {
      expect(mark.tunnelOwner("prod", name)).toBeUndefined();
      expect(mark.bucketOwner("prod", name)).toBeUndefined();
      expect(mark.roleOwner("prod", `${name}-host`)).toBeUndefined();
    }
    for (const name of [
      "te-prod-acme",
      "te-prod-acme-key-",
      "te-prod-acme-key-0",
      "te-prod-acme-key-one",
      "acme-key-1",
    ]) {
      expect(mark.keyOwner("prod", name)).toBeUndefined();
    }
    expect(mark.recordOwner("prod", "tenant-edge/prod/acme by hand")).toBeUndefined();
    for (const name of [
      "/tenant-edge/prod/acme",
      "/tenant-edge/prod/acme/app-secret",
      "/tenant-edge/prod/acme/x/tunnel-token",
    ]) {
      expect(mark.parameterOwner("prod", name)).toBeUndefined();
    }
    const tags = [{ Key: "tenant-edge:environment", Value: "prod" }];
    expect(mark.tagOwner("prod", tags)).toBeUndefined();
    expect(mark.tagOwner("prod", [...tags, { Key: "tenant-edge:tenant", Value: "a" }])).toEqual({
      tenant: "a",
    });
    expect(mark.tagOwner("pro", [...tags, { Key: "tenant-edge:tenant", Value: "a" }])).toBeUndefined();
  });
});
