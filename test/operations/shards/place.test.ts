import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limitsSchema } from "../../../config/limitSchema.ts";
import { ErrorCode } from "../../../operations/errors.ts";
import { type Place, type PlacedTenant, place, type Wanted } from "../../../operations/shards/place.ts";

const NEEDS = { tunnels: 1, accountTokens: 1, dnsRecords: 1 };

const tenants = (stack: string, count: number): PlacedTenant[] =>
  Array.from({ length: count }, (_, index) => ({ id: `${stack}-${index}`, hubId: undefined, needs: NEEDS }));

interface Size {
  has: number;
  most?: number;
  region?: string;
  zoneName?: string;
  account?: string;
  tunnels?: number;
}

function stack(name: string, { has, most = 50, account = "account", ...more }: Size): Place {
  const { region = "eu-west-1", zoneName = "example.com", tunnels = 1000 } = more;
  return {
    stack: name,
    region,
    zoneName,
    shard: {
      account,
      zone: zoneName,
      limits: limitsSchema.parse({ tunnels, tenantsPerStack: most, dnsRecords: 1000 }),
      tenants: tenants(name, has),
    },
  };
}

const wanted = (more: Partial<Wanted> = {}): Wanted => ({
  id: "acme",
  hubId: undefined,
  needs: NEEDS,
  ...more,
});

const refused = (places: readonly Place[], more: Partial<Wanted> = {}): unknown => {
  try {
    return place(places, "prod", wanted(more));
  } catch (error) {
    return error;
  }
};

describe("a new tenant", () => {
  it("goes to the first stack with room, whatever the sizes are", () => {
    const sizes = fc.array(fc.record({ has: fc.nat(4), most: fc.integer({ min: 1, max: 4 }) }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(sizes, (all) => {
        const places = all.map((size, index) => stack(`prod-${index}`, size));
        const first = all.findIndex(({ has, most }) => has < most);
        if (first >= 0) expect(place(places, "prod", wanted())).toBe(`prod-${first}`);
        else expect(refused(places)).toMatchObject({ code: ErrorCode.NameTaken });
      }),
    );
  });

  it("never passes a limit of an account that stacks share", () => {
    const sizes = fc.array(fc.record({ has: fc.nat(4), account: fc.constantFrom("one", "two") }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 8 }), (all, tunnels) => {
        const places = all.map((size, index) => stack(`prod-${index}`, { ...size, tunnels }));
        const used = (account: string) =>
          all.filter((size) => size.account === account).reduce((sum, { has }) => sum + has, 0);
        const result = refused(places);
        const chosen = places.find((one) => one.stack === result);
        if (chosen !== undefined) expect(used(chosen.shard.account)).toBeLessThan(tunnels);
        else for (const { account } of all) expect(used(account)).toBeGreaterThanOrEqual(tunnels);
      }),
    );
  });

  it("that no stack has room for is told how full each is, and what makes room", () => {
    const places = [stack("prod", { has: 50 }), stack("prod-2", { has: 3, account: "small", tunnels: 3 })];
    expect(refused(places)).toMatchObject({
      code: ErrorCode.NameTaken,
      message: [
        "no stack of prod has room for acme:",
        "  prod (eu-west-1) has 50 of 50 tenants",
        "  prod-2 (eu-west-1) has 3 of 50 tenants; its account small uses 3 of 3 tunnels (tenant-edge:limits.tunnels)",
      ].join("\n"),
      ways: [
        "tenant-edge add-shard --env prod makes another stack",
        expect.stringContaining("another account"),
      ],
    });
  });
});

it("a stack that cannot run is passed over, and named when no other has room", () => {
  const broken = { ...stack("prod", { has: 0, region: "eu-north-1" }), problem: "aws:region is nothing" };
  expect(place([broken, stack("prod-2", { has: 0 })], "prod", wanted())).toBe("prod-2");
  expect(refused([broken, stack("prod-2", { has: 50 })])).toMatchObject({
    code: ErrorCode.NameTaken,
    message: expect.stringContaining("prod cannot run: aws:region is nothing"),
  });
  expect(refused([broken])).toMatchObject({ code: ErrorCode.NameTaken });
});

describe("a tenant that a stack has", () => {
  it("goes there, by its id as by its hub, though it is full", () => {
    const second = stack("prod-2", { has: 0, most: 1 });
    const hub = { id: "globex", hubId: "hub-1", needs: NEEDS };
    const places = [stack("prod", { has: 0 }), { ...second, shard: { ...second.shard, tenants: [hub] } }];
    expect(place(places, "prod", wanted({ id: "globex" }))).toBe("prod-2");
    expect(place(places, "prod", wanted({ id: "hub-1", hubId: "hub-1" }))).toBe("prod-2");
    expect(place(places, "prod", wanted({ hubId: "hub-2" }))).toBe("prod");
  });
});

describe("regions", () => {
  const eu = stack("prod-eu", { has: 50 });
  const us = stack("prod-us", { has: 0, region: "us-east-1" });

  it("of several, none is chosen by chance: not even when the others are full", () => {
    expect(refused([eu, us])).toMatchObject({
      code: ErrorCode.InvalidInput,
      problems: [{ path: "awsRegion", message: "found nothing; allowed: eu-west-1, us-east-1" }],
    });
    expect(refused([eu, us], { region: "eu-west-1" })).toMatchObject({ code: ErrorCode.NameTaken });
    expect(place([eu, us], "prod", wanted({ region: "us-east-1" }))).toBe("prod-us");
  });

  it("without a stack are refused with those that have one", () => {
    expect(refused([eu], { region: "ap-south-1" })).toMatchObject({
      code: ErrorCode.InvalidInput,
      problems: [{ path: "awsRegion", message: 'found "ap-south-1"; allowed: eu-west-1' }],
    });
  });
});

describe("a hostname in full", () => {
  const com = stack("prod", { has: 0 });
  const inner = stack("prod-inner", { has: 0, zoneName: "eu.example.com" });
  const org = stack("prod-org", { has: 1, most: 1, zoneName: "example.org" });

  it("leads to the zone that answers for it", () => {
    const places = [com, inner, org];
    expect(place(places, "prod", wanted({ hostname: "shop.eu.example.com" }))).toBe("prod-inner");
    expect(place(places, "prod", wanted({ hostname: "shop.example.com" }))).toBe("prod");
    expect(refused(places, { hostname: "shop.example.org" })).toMatchObject({ code: ErrorCode.NameTaken });
    // Which zones there are, the stack itself says.
    expect(place(places, "prod", wanted({ hostname: "shop.example.net" }))).toBe("prod");
  });
});
