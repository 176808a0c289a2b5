import { runtime } from "@pulumi/pulumi";
import { expect, it } from "vitest";
import { checkExistingNetwork } from "../../config/checkExistingNetwork.ts";
import type { LoadedStack } from "../../config/load.ts";
import { parseStack } from "../../config/parse.ts";
import { resolveTenant } from "../../config/tenants.ts";
import { REGION, rawStack } from "./stacks.ts";

const NETWORK = { vpcId: "vpc-0123456789abcdef0", privateSubnetIds: ["subnet-0123456789abcdef0"] };

/** A stack whose role may not describe its network. */
function forbidden(settings: object, isPreview: boolean, host: object = {}): LoadedStack {
  runtime.setMocks(
    {
      call: () => {
        throw new Error("UnauthorizedOperation: You are not authorized to perform this operation.");
      },
      newResource: ({ name, inputs }) => ({ id: name, state: inputs }),
    },
    "tenant-edge",
    "test",
    isPreview,
  );
  const { config, problems } = parseStack(rawStack([{ id: "acme", host }], { network: settings }), REGION);
  if (config === undefined) throw new Error(JSON.stringify(problems));
  const tenants = config.tenants.map((tenant) => resolveTenant(config, tenant));
  return { ...config, region: REGION, tenants };
}

it("an update that may not look at the network is refused", async () => {
  await expect(checkExistingNetwork(forbidden(NETWORK, false))).rejects.toThrow(
    /tenant-edge:network[\s\S]*could not be looked at[\s\S]*network\.check warn/,
  );
});

it("a preview that may not look goes on: the role that previews has fewer rights", async () => {
  await expect(checkExistingNetwork(forbidden(NETWORK, true))).resolves.toBeUndefined();
});

it("an update goes on when the check is to warn only", async () => {
  await expect(
    checkExistingNetwork(forbidden({ ...NETWORK, check: "warn" }, false)),
  ).resolves.toBeUndefined();
});

it("a stack without hosts is not kept by its network", async () => {
  await expect(checkExistingNetwork(forbidden(NETWORK, false, { enabled: false }))).resolves.toBeUndefined();
});
