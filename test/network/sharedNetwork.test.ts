import { expect, it } from "vitest";
import { networkShared } from "../../network/sharedNetwork.ts";

const NETWORK = { vpcId: "vpc-1", privateSubnetIds: ["subnet-1", "subnet-2"], region: "eu-west-1" };
const BORROWER = { environment: "prod", region: "eu-west-1" };

const shared = (outputs: object) => networkShared({ ...outputs }, "prod-1", BORROWER);

it("is used when the stack is of the same environment and region, or does not tell its environment", () => {
  const deployment = { environment: "prod", region: "eu-west-1" };
  expect(shared({ network: NETWORK, deployment, tenants: {} })).toEqual(NETWORK);
  expect(shared({ network: NETWORK })).toEqual(NETWORK);
});

it.each([
  ["was never deployed", {}, /prod-1, which is not deployed/, "pulumi up --stack prod-1"],
  ["has no network", { tenants: {} }, /prod-1, which had no network/, "pulumi up --stack prod-1"],
  [
    "has no subnet any more",
    { network: { ...NETWORK, privateSubnetIds: [] } },
    /had no network/,
    "pulumi up --stack prod-1",
  ],
  [
    "lives in another's network itself",
    { network: { stack: "base" } },
    /whose own network is that of base/,
    "that stack instead: base",
  ],
  [
    "is of another environment",
    { network: NETWORK, deployment: { environment: "staging" } },
    /environment staging; this stack is of prod/,
    "tenant-edge:environment is prod",
  ],
  [
    "is in another region",
    { network: { ...NETWORK, region: "us-east-1" } },
    /in us-east-1; aws:region of this stack is eu-west-1/,
    "in eu-west-1",
  ],
])("is refused when the stack %s", (_, outputs, found, action) => {
  expect(shared(outputs)).toEqual({
    found: expect.stringMatching(found),
    action: expect.stringContaining(action),
  });
});
