/** The stacks of a folder as their files have them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { shardsOf, shardsOfAll } from "../../../operations/shards/overview.ts";
import { shardFolder, stackText } from "../../environment/shardFolder.ts";

const tenants = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, index) => ({ id: `${prefix}-${index}` }));
const PROD = { environment: "prod" };

it("has them in their natural order, with the stack that each has to wait for", async () => {
  const folder = shardFolder({
    prod: stackText(tenants(2, "a"), { ...PROD, network: { cidrBlock: "10.0.0.0/16" } }),
    "prod-10": stackText([], { ...PROD, network: { stack: "acme/tenant-edge/prod" } }),
    "prod-2": stackText(tenants(1, "b"), {
      ...PROD,
      network: { stack: "prod" },
      limits: { tenantsPerStack: 3 },
    }),
    "prod-far": stackText([], { ...PROD, network: { stack: "elsewhere" } }),
    "prod-given": stackText([], {
      ...PROD,
      network: { vpcId: "vpc-01234567", privateSubnetIds: ["subnet-01234567"] },
    }),
    staging: stackText([], { environment: "staging" }),
  });
  const shards = await shardsOf(folder, "prod");
  expect(shards).toMatchObject([
    { stack: "prod", region: "eu-west-1", tenants: 2, tenantsPerStack: 50, network: null, after: null },
    { stack: "prod-2", tenants: 1, tenantsPerStack: 3, network: "prod", after: "prod" },
    { stack: "prod-10", network: "acme/tenant-edge/prod", after: "prod" },
    { stack: "prod-far", network: "elsewhere", after: null },
    { stack: "prod-given", network: "vpc-01234567", after: null },
  ]);
  expect((await shardsOfAll(folder, ["prod", "staging"])).map(({ stack }) => stack)).toEqual([
    ...shards.map(({ stack }) => stack),
    "staging",
  ]);
});

it("leaves out no stack without a word", async () => {
  const folder = shardFolder({ prod: stackText([], PROD) });
  writeFileSync(join(folder, "Pulumi.other.yaml"), "environment:\n  - tenant-edge/other\n");
  await expect(shardsOfAll(folder, ["prod"])).rejects.toThrow("Pulumi.other.yaml: found nothing");

  writeFileSync(join(folder, "Pulumi.prod-2.yaml"), "config: [\n  tenant-edge:environment: prod");
  await expect(shardsOf(folder, "prod")).rejects.toThrow("Pulumi.prod-2.yaml: found no YAML");
});
