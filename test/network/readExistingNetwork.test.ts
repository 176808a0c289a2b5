/** What the sandbox has no resources for: transit gateways, propagated routes, refused look-ups. */
import { runtime } from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { checkExistingNetwork } from "../../config/checkExistingNetwork.ts";
import type { LoadedStack } from "../../config/load.ts";
import { parseStack } from "../../config/parse.ts";
import { resolveTenant } from "../../config/tenants.ts";
import { RouteState } from "../../network/existingNetwork.ts";
import { readExistingNetwork } from "../../network/readExistingNetwork.ts";
import { REGION, rawStack } from "../config/stacks.ts";

const VPC = "vpc-00000001";
const SUBNET = "subnet-00000001";
const TABLE = "rtb-00000001";

type Route = Record<string, string>;

interface Answers {
  /** Routes that the data source shows. */
  routes: Route[];
  /** Whether some route of the table leads nowhere. */
  blackhole?: boolean;
}

/** Plays a VPC whose only subnet has one route table, with a default route. */
async function playAws({ routes, blackhole = false }: Answers): Promise<void> {
  const lists: Record<string, string[]> = {
    "association.subnet-id": [TABLE],
    "association.main": [],
    "route.destination-cidr-block": [TABLE],
    "route.state": blackhole ? [TABLE] : [],
  };
  const answers: Record<string, (filters: string[]) => object> = {
    getVpcs: () => ({ ids: [VPC] }),
    getVpc: () => ({ enableDnsSupport: true }),
    getSubnets: () => ({ ids: [SUBNET] }),
    getSubnet: () => ({ vpcId: VPC, mapPublicIpOnLaunch: false }),
    getRouteTables: (filters) => ({ ids: lists[filters.at(-1) ?? ""] }),
    getRouteTable: () => ({ routes, associations: [{ subnetId: SUBNET }] }),
    getNatGateways: () => ({ ids: [] }),
  };
  await runtime.setMocks({
    newResource: () => ({ id: "", state: {} }),
    call({ token, inputs }) {
      const filters = (inputs["filters"] ?? []) as { name: string }[];
      return answers[token.split(":").at(-1) ?? ""]?.(filters.map(({ name }) => name)) ?? {};
    },
  });
}

const everywhere = (target: Route): Route => ({ cidrBlock: "0.0.0.0/0", natGatewayId: "", ...target });
const elsewhere: Route = { cidrBlock: "192.168.0.0/16", vpcPeeringConnectionId: "pcx-1" };

describe("a default route", () => {
  it.each<[string, Answers, string | undefined, RouteState]>([
    [
      "to a transit gateway is a way out",
      { routes: [everywhere({ transitGatewayId: "tgw-1" }), elsewhere] },
      "tgw-1",
      RouteState.active,
    ],
    [
      "is gone when it is the table's only route and one leads nowhere",
      { routes: [everywhere({ transitGatewayId: "tgw-1" })], blackhole: true },
      "tgw-1",
      RouteState.blackhole,
    ],
    [
      "has the benefit of the doubt when another one may be the one that leads nowhere",
      { routes: [everywhere({ transitGatewayId: "tgw-1" }), elsewhere], blackhole: true },
      "tgw-1",
      RouteState.unknown,
    ],
    [
      "to a NAT gateway that is gone is known as such, whatever other routes do",
      { routes: [everywhere({ natGatewayId: "nat-1" }), elsewhere], blackhole: true },
      "nat-1",
      RouteState.blackhole,
    ],
    [
      "to an instance is that instance's, not its interface's",
      { routes: [everywhere({ networkInterfaceId: "eni-1", instanceId: "i-1" })] },
      "i-1",
      RouteState.active,
    ],
    [
      "that is propagated is there, though the data source leaves it out",
      { routes: [] },
      undefined,
      RouteState.active,
    ],
  ])("%s", async (_, answers, target, state) => {
    await playAws(answers);
    const { routeTables } = await readExistingNetwork(VPC, [SUBNET]);
    expect(routeTables).toEqual([
      { id: TABLE, main: false, subnetIds: [SUBNET], defaultRoute: { target, state } },
    ]);
  });
});

function stack(network: object): LoadedStack {
  const raw = rawStack([{ id: "acme" }], { network: { vpcId: VPC, privateSubnetIds: [SUBNET], ...network } });
  const { config } = parseStack(raw, REGION);
  if (config === undefined) throw new Error("the stack is refused");
  return {
    ...config,
    region: REGION,
    tenants: config.tenants.map((tenant) => resolveTenant(config, tenant)),
  };
}

it("another stack's network is looked at like any other, and what is wrong is to be mended there", async () => {
  await playAws({ routes: [everywhere({ natGatewayId: "nat-1" })], blackhole: true });
  const named = stack({});
  const network = { ...named.network, stack: "prod-1" };
  await expect(checkExistingNetwork({ ...named, network })).rejects.toThrow(
    /network\.stack\n +found +prod-1, whose network has .*nat-1, which is gone .*\n.*\n.*pulumi up --stack prod-1/,
  );
});

describe("a network that may not be looked at", () => {
  it("is refused with AWS's own words, unless problems are to be warnings", async () => {
    await runtime.setMocks({
      newResource: () => ({ id: "", state: {} }),
      call() {
        // As gRPC has it.
        const details = "reading EC2 VPCs:\n\tapi error UnauthorizedOperation: not authorized";
        throw Object.assign(new Error(details), { details });
      },
    });
    await expect(checkExistingNetwork(stack({}))).rejects.toThrow(
      /tenant-edge:network\n.*found.*VPCs: api error UnauthorizedOperation.*\n.*may describe \(docs\/aws-deployer-policy\.json\)/,
    );
    await expect(checkExistingNetwork(stack({ check: "warn" }))).resolves.toBeUndefined();
  });
});
