import { describe, expect, it } from "vitest";
import { networkArgs } from "../../config/componentArgs.ts";
import { parseStack } from "../../config/parse.ts";
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

  it.each<[string, object]>([
    ['tenant-edge:network.natGateways "two"', { natGateways: "two" }],
    ['tenant-edge:network.endpoints[0] "sqs"', { endpoints: ["sqs"] }],
    ['tenant-edge:network.endpoints[1] "s3" each entry once', { endpoints: ["s3", "s3"] }],
    ['tenant-edge:network.natGateways "one" nothing when vpcId', { ...EXISTING, natGateways: "one" }],
    ['tenant-edge:network.endpoints ["s3"] nothing when vpcId', { ...EXISTING, endpoints: ["s3"] }],
    ['tenant-edge:network.check "ignore"', { ...EXISTING, check: "ignore" }],
    ['tenant-edge:network.check "warn" nothing unless vpcId', { check: "warn" }],
  ])("is refused: %s", (problem, network) => {
    expect(problems(network)).toEqual([expect.stringContaining(problem)]);
  });
});
