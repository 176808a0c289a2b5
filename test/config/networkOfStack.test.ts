import { runtime } from "@pulumi/pulumi";
import { expect, it, onTestFinished, vi } from "vitest";
import { withNetworkOfStack } from "../../config/networkOfStack.ts";
import { REGION } from "./stacks.ts";

const SHARED = { vpcId: "vpc-1", privateSubnetIds: ["subnet-1"] };

/** Asks as the stack prod-2 of this project. @returns the settings, and the stacks whose outputs were asked for. */
async function ask(stack: string | undefined, answer: () => object) {
  const asked: unknown[] = [];
  await runtime.setMocks(
    {
      newResource: ({ name, inputs }) => ({ id: name, state: inputs }),
      call({ inputs }) {
        asked.push(inputs.name);
        return { outputs: answer() };
      },
    },
    "tenant-edge",
    "prod-2",
    true,
    "organization",
  );
  const borrower = { environment: "prod", region: REGION };
  return { settings: await withNetworkOfStack({ stack, check: "warn" }, borrower), asked };
}

/** As gRPC has it. */
function fail(details: string): never {
  throw Object.assign(new Error(details), { details });
}

const network = () => ({ network: { ...SHARED, region: REGION } });

it("a stack of the same project is asked for once, and its ids stand in the place of ids of one's own", async () => {
  const { settings, asked } = await ask("prod-1", network);
  expect(settings).toEqual({ stack: "prod-1", check: "warn", ...SHARED });
  expect(asked).toEqual(["organization/tenant-edge/prod-1"]);
});

it("a stack of another project is asked for by its full name", async () => {
  expect((await ask("acme/platform/base", network)).asked).toEqual(["acme/platform/base"]);
});

it("a state that is being written is read again", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  let isWritten = false;
  const settled = vi.fn();
  const answer = ask("prod-1", () => {
    if (isWritten) return network();
    isWritten = true;
    return fail("failed to load checkpoint: unexpected end of JSON input");
  }).finally(settled);
  await vi.waitFor(() => expect(settled).toHaveBeenCalled());
  expect((await answer).settings).toMatchObject(SHARED);
});

it.each([
  ["prod-2", network, /found +prod-2, which is this stack/],
  ["organization/tenant-edge/prod-2", network, /which is this stack/],
  [
    "prod-1",
    () => ({}),
    /found +prod-1, which is not deployed\n.*\n +do +deploy it first: pulumi up --stack prod-1\. When it is gone for good: write vpcId, /,
  ],
  [
    "prod-1",
    () => fail('unknown stack "organization/tenant-edge/prod-1"'),
    /prod-1, which does not exist\n.*\n.*pulumi up --stack prod-1\. When it is gone for good: write vpcId, privateSubnetIds and check: warn /,
  ],
  [
    "prod-1",
    () => fail("organization name must be\n'organization'"),
    /could not be read: .*organization name must be 'organization'\n.*\n +do +correct the name/,
  ],
])("is refused before anything is registered: %s", async (stack, answer, refusal) => {
  const error = await ask(stack, answer).catch((thrown: unknown) => thrown);
  expect(String(error)).toMatch(refusal);
  expect(String(error)).toContain(
    "Pulumi.prod-2.yaml has 1 problem; nothing was changed.\n\n  tenant-edge:network.stack\n",
  );
});
