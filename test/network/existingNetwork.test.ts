import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type DefaultRoute,
  type NetworkFacts,
  networkFaults,
  RouteState,
  type RouteTableFacts,
} from "../../network/existingNetwork.ts";

const VPC = "vpc-00000001";
const NAT: DefaultRoute = { target: "nat-1", state: RouteState.active };

function table(facts: Partial<RouteTableFacts>): RouteTableFacts {
  return { id: "rtb-1", main: false, subnetIds: ["subnet-1"], defaultRoute: NAT, ...facts };
}

/** A network in which nothing is wrong but what is given. */
function network(facts: Partial<NetworkFacts> = {}): NetworkFacts {
  return {
    vpcId: VPC,
    vpc: { dnsSupport: true },
    subnets: [{ id: "subnet-1", facts: { vpcId: VPC, givesPublicAddresses: false } }],
    routeTables: [table({})],
    ...facts,
  };
}

const found = (facts: Partial<NetworkFacts>) => networkFaults(network(facts)).map((fault) => fault.found);
const ofSubnet = (vpcId: string, givesPublicAddresses: boolean) => ({
  subnets: [{ id: "subnet-1", facts: { vpcId, givesPublicAddresses } }],
});

describe("an existing network", () => {
  it("with all that hosts need has no fault", () => {
    expect(networkFaults(network())).toEqual([]);
  });

  it.each<[string, Partial<NetworkFacts>]>([
    [`${VPC}, which does not exist`, { vpc: undefined }],
    [`${VPC}, whose DNS support is off`, { vpc: { dnsSupport: false } }],
    ["subnet-1, which does not exist", { subnets: [{ id: "subnet-1", facts: undefined }] }],
    ["subnet-1, which is in vpc-2", ofSubnet("vpc-2", true)],
    ["subnet-1, which gives public addresses to what starts in it", ofSubnet(VPC, true)],
    ["subnet-1, which has no route table", { routeTables: [] }],
    [
      "subnet-1, and its route table rtb-1 has no default route",
      { routeTables: [table({ defaultRoute: undefined })] },
    ],
    [
      "subnet-1, and its route table rtb-1 leads to igw-1: it is a public subnet",
      { routeTables: [table({ defaultRoute: { target: "igw-1", state: RouteState.active } })] },
    ],
    [
      "subnet-1, and its route table rtb-1 leads to nat-1, which is gone (blackhole)",
      { routeTables: [table({ defaultRoute: { target: "nat-1", state: RouteState.blackhole } })] },
    ],
    [
      "subnet-1, and the VPC's main route table rtb-1 has no default route",
      { routeTables: [table({ main: true, subnetIds: [], defaultRoute: undefined })] },
    ],
  ])("%s", (fault, facts) => {
    expect(found(facts)).toEqual([fault]);
  });

  it("uses the main route table only for subnets that have none of their own", () => {
    const main = table({ id: "rtb-0", main: true, subnetIds: [], defaultRoute: undefined });
    expect(found({ routeTables: [main, table({})] })).toEqual([]);
    expect(found({ routeTables: [main, table({ subnetIds: ["subnet-9"] })] })).toHaveLength(1);
  });

  const target = fc.constantFrom("nat-1", "tgw-1", "eni-1", "i-1", "pcx-1", "vgw-1", "vpce-1", undefined);
  const state = fc.constantFrom(RouteState.active, RouteState.unknown);

  it("may have any private way out, unless it is known to be gone", () => {
    fc.assert(
      fc.property(target, state, (target, state) => {
        expect(found({ routeTables: [table({ defaultRoute: { target, state } })] })).toEqual([]);
      }),
    );
  });

  const subnet = fc.option(
    fc.record({ vpcId: fc.constantFrom(VPC, "vpc-2"), givesPublicAddresses: fc.boolean() }),
    {
      nil: undefined,
    },
  );

  it("has the same faults for a subnet whatever the others are, each under that subnet's place", () => {
    fc.assert(
      fc.property(fc.array(subnet, { minLength: 1, maxLength: 16 }), fc.boolean(), (list, routed) => {
        const subnets = list.map((facts, index) => ({ id: `subnet-${index}`, facts }));
        const main = table({ main: true, subnetIds: [], defaultRoute: routed ? NAT : undefined });
        const faults = networkFaults(network({ subnets, routeTables: [main] }));
        for (const [index, one] of subnets.entries()) {
          const alone = networkFaults(network({ subnets: [one], routeTables: [main] }));
          const there = faults.filter(({ path }) => path[1] === index);
          expect(there.map(({ found }) => found)).toEqual(alone.map(({ found }) => found));
          const fine = one.facts?.vpcId === VPC && !one.facts.givesPublicAddresses && routed;
          expect(there.length === 0).toBe(fine);
        }
      }),
    );
  });
});
