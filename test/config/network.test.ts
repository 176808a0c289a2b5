import { describe, expect, it } from "vitest";
import { networkArgs } from "../../config/componentArgs.ts";
import { parseStack } from "../../config/parse.ts";
import { NetworkCheck } from "../../network/choices.ts";
import { problemsOf, REGION, rawStack } from "./stacks.ts";

const EXISTING = { vpcId: "vpc-0123456789abcdef0", privateSubnetIds: ["subnet-0123456789abcdef0"] };

const problems = (network: object) =>
  problemsOf(rawStack([], { network })).map(({ path, found, allowed }) => `${path} ${found} ${allowed}`);

function argumentsFor(network: object) {
  const { config } = parseStack(rawStack([], { network }), REGION);
  if (config === undefined) throw new Error("the stack is refused");
  return networkArgs({ ...config, region: REGION, tenants: [] });
}

describe("the network of a stack", () => {
  it("arrives with its NAT gateways and endpoints, and the region that those need", () => {
    expect(argumentsFor({ natGateways: "per-zone", endpoints: ["ssm", "s3"] })).toMatchObject({
      natGateways: "per-zone",
      endpoints: ["ssm", "s3"],
      region: REGION,
    });
  });

  it("has neither unless it says so, and never hands on how it is checked", () => {
    expect(argumentsFor({})).not.toHaveProperty("natGateways");
    expect(argumentsFor({}).endpoints).toBeUndefined();
    expect(argumentsFor({ ...EXISTING, check: "warn" })).not.toHaveProperty("check");
  });

  it("may be that of another stack, whose name is for the program alone", () => {
    const network = { stack: "prod-1", ...EXISTING, check: NetworkCheck.warn };
    const { config } = parseStack(rawStack([], { network: { stack: "prod-1", check: "warn" } }), REGION);
    if (config === undefined) throw new Error("the stack is refused");
    expect(networkArgs({ ...config, network, region: REGION, tenants: [] })).toEqual({
      ...EXISTING,
      networkName: "te-staging",
      tags: { "tenant-edge:environment": "staging" },
    });
  });

  it("names every problem when it is two at once", () => {
    expect(problems({ ...EXISTING, stack: "prod-1", endpoints: ["s3"] })).toEqual([
      expect.stringContaining('network.vpcId "vpc-0123456789abcdef0" nothing when stack'),
      expect.stringContaining("network.privateSubnetIds"),
      expect.stringContaining('network.endpoints ["s3"] nothing when stack'),
    ]);
  });

  it.each<[string, object]>([
    ['tenant-edge:network.natGateways "two"', { natGateways: "two" }],
    ['tenant-edge:network.endpoints[0] "sqs"', { endpoints: ["sqs"] }],
    ['tenant-edge:network.endpoints[1] "s3" each entry once', { endpoints: ["s3", "s3"] }],
    ['tenant-edge:network.natGateways "one" nothing when vpcId', { ...EXISTING, natGateways: "one" }],
    ['tenant-edge:network.endpoints ["s3"] nothing when vpcId', { ...EXISTING, endpoints: ["s3"] }],
    ['tenant-edge:network.stack "prod/1"', { stack: "prod/1" }],
    ['tenant-edge:network.stack "../prod"', { stack: "../prod" }],
    ['tenant-edge:network.check "ignore"', { ...EXISTING, check: "ignore" }],
    ['tenant-edge:network.check "warn" nothing unless vpcId', { check: "warn" }],
  ])("is refused: %s", (problem, network) => {
    expect(problems(network)).toEqual([expect.stringContaining(problem)]);
  });
});
