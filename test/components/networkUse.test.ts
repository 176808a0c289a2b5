import { describe, expect, it, vi } from "vitest";
import { NetworkInUseError, type NetworkUser, refuseNetworkLoss } from "../../components/networkUse.ts";

const VPC = { id: "vpc-1", type: "aws:ec2/vpc:Vpc" };
const NAT = { id: "nat-1", type: "aws:ec2/natGateway:NatGateway" };
const subnet = (id: string) => ({ id, type: "aws:ec2/subnet:Subnet" });

const association = (subnetId: string) => ({
  id: "rtbassoc-1",
  type: "aws:ec2/routeTableAssociation:RouteTableAssociation",
  subnetId,
});

const USERS: NetworkUser[] = [
  { stack: "prod-2", tenant: "acme", subnetIds: ["subnet-a"] },
  { stack: "prod-2", tenant: "globex", subnetIds: ["subnet-b"] },
];

interface Case {
  isKept?: boolean;
  liveId?: string;
  users?: NetworkUser[];
}

interface Loss {
  id: string;
  type: string;
  subnetId?: string;
}

async function refusal(deletion: Loss, { isKept = true, liveId, users = USERS }: Case) {
  const found = vi.fn(async () => users);
  const error = await refuseNetworkLoss(
    { users: found, isKept },
    { subnetId: undefined, ...deletion },
    liveId,
    true,
  ).catch((thrown: unknown) => thrown);
  const named = error instanceof NetworkInUseError ? /^ {2}(prod-2: .*)$/m.exec(error.message)?.[1] : error;
  return { named, looked: found.mock.calls.length > 0 };
}

describe("a network in which hosts of another stack live", () => {
  it.each<[string, Loss, Case, string | undefined]>([
    ["its VPC is replaced", VPC, {}, "prod-2: acme, globex"],
    ["a subnet goes in which one of them is", subnet("subnet-b"), {}, "prod-2: globex"],
    ["a subnet goes in which none of them is", subnet("subnet-c"), {}, undefined],
    [
      "a subnet goes, and nobody says where they are",
      subnet("subnet-c"),
      { users: [{ stack: "prod-2", tenant: "acme", subnetIds: null }] },
      "prod-2: acme",
    ],
    ["a subnet loses its way out in which one of them is", association("subnet-b"), {}, "prod-2: globex"],
    ["a subnet loses its way out in which none of them is", association("subnet-c"), {}, undefined],
    ["all of the network goes, the NAT gateway first", NAT, { isKept: false }, "prod-2: acme, globex"],
    ["the stack is destroyed", NAT, { liveId: NAT.id }, "prod-2: acme, globex"],
    ["they are gone before", VPC, { liveId: VPC.id, users: [] }, undefined],
  ])("%s", async (_, deletion, circumstances, named) => {
    expect((await refusal(deletion, circumstances)).named).toBe(named);
  });

  it("may lose a NAT gateway, and nobody is asked", async () => {
    expect(await refusal(NAT, {})).toEqual({ named: undefined, looked: false });
    expect(await refusal(NAT, { liveId: "nat-2" })).toEqual({ named: undefined, looked: false });
  });

  it("is refused with the way out, and with ten tenants of a stack at most", () => {
    const many = Array.from({ length: 12 }, (_, n) => ({ stack: "prod-2", tenant: `t${n}`, subnetIds: [] }));
    const { message } = new NetworkInUseError(many, false);
    expect(message).toMatch(/this was kept/);
    expect(message).toContain("t8, t9 and 2 more\n");
    expect(message).toContain("pulumi destroy --stack prod-2");
  });
});
