/** What repair does about the lock, and about what an update was doing. */
import { hostname, userInfo } from "node:os";
import { expect, it } from "vitest";
import type { EngineStack } from "../../operations/context.ts";
import { EngineCommandError } from "../../operations/engine/pulumiCommand.ts";
import { mend, repair } from "../../operations/repair.ts";
import type { HeldResource, StackContents } from "../../orphans/known.ts";
import { startAccounts } from "../orphans/accounts.ts";
import { configurationOf, fakeContext, STACK } from "../orphans/fakeContext.ts";
import { ACCOUNT } from "../sandbox/cloudflare/serve.ts";
import { alone, fakeStack } from "./fakeContext.ts";

const PENDING = {
  urn: "urn:pulumi:prod::tenant-edge::x::acme-key-1",
  type: "cloudflare:index/accountToken:AccountToken",
  name: "acme-key-1",
  tenant: "acme",
  action: "creating",
};

const lockedBy = (host: string, pid: number) =>
  new EngineCommandError(
    "",
    `the stack is currently locked by 1 lock(s).\n  file:///state/x.json: created by ${userInfo().username}@${host} (pid ${pid}) at 2026-11-22T10:00:00Z`,
    255,
  );

/** Two waited for the same dead one, and the other was faster: the locks are gone by now. */
const KILLED = [2 ** 30, 2 ** 30 + 1].map((pid) => lockedBy(hostname(), pid));

/** A stack whose update was killed. @param locks how the engine refuses, in turn. */
async function killed(...locks: Error[]) {
  const { context } = await fakeStack([alone("acme")]);
  const done: string[] = [];
  const contents = (pending: StackContents["pending"]): StackContents => ({
    stack: "prod",
    root: "urn",
    deployed: { tenants: new Map(), unreadable: [] },
    resourceIds: new Set(),
    held: [],
    pending,
  });
  let pending: StackContents["pending"] = [PENDING];
  const engine: EngineStack = {
    ...context.engine,
    contents: async () => contents(pending),
    projectStacks: async () => ({ stacks: [contents(pending)], unreadable: [] }),
    async forgetInterrupted() {
      const lock = locks.shift();
      if (lock !== undefined) throw lock;
      done.push("forgot");
      pending = [];
    },
  };
  // What is at the clouds is tried on the real engine.
  const aws = { ec2: noClient, iam: noClient, ssm: noClient, sts: noClient, close: noClient };
  return { context: { ...context, engine, aws: aws as never }, done };
}

const noClient = async () => {
  throw new Error("there is no AWS here");
};

const attempt = (run: Promise<unknown>) => run.catch((error: Error) => error);

it("takes a dead process's lock away, and then has the engine forget", async () => {
  const { context, done } = await killed(...KILLED);
  await attempt(repair(context, {}, {}));
  expect(done).toEqual(["forgot"]);
});

it("does so for a stack in which nothing was ever made", async () => {
  const { context, done } = await killed(...KILLED);
  const { contents, projectStacks } = context.engine;
  const withoutRoot = (one: StackContents): StackContents => ({ ...one, root: "" });
  context.engine.contents = async () => {
    const one = await contents();
    return one && withoutRoot(one);
  };
  context.engine.projectStacks = async () => ({
    stacks: (await projectStacks()).stacks.map(withoutRoot),
    unreadable: [],
  });
  await attempt(repair(context, {}, {}));
  expect(done).toEqual(["forgot"]);
});

it("has the engine look only at what the state still has", async () => {
  const { cloudflare, awsClients } = await startAccounts();
  const bucket = (tenant: string): HeldResource => ({
    urn: `urn:${tenant}`,
    type: "cloudflare:index/r2Bucket:R2Bucket",
    name: `${tenant}-bucket`,
    tenant,
    id: `te-staging-${tenant}`,
  });
  const contents = (held: readonly HeldResource[]): StackContents => ({
    ...{ stack: STACK, root: "urn", deployed: { tenants: new Map(), unreadable: [] } },
    ...{ resourceIds: new Set(), held, pending: [] },
  });
  const looked: (readonly string[])[] = [];
  const { context } = fakeContext({
    cloudflare,
    aws: awsClients,
    configuration: async () => configurationOf([]),
    engine: {
      projectStacks: async () => ({ stacks: [contents([bucket("acme"), bucket("globex")])], unreadable: [] }),
      contents: async () => contents([bucket("acme")]),
      forgetInterrupted: async () => {},
      lookAgain: async (urns) => void looked.push(urns),
      forgetDeleted: async () => {},
    },
  });
  const { gone } = await repair(context, {}, {});
  expect(gone.map(({ tenant }) => tenant)).toEqual(["acme", "globex"]);
  expect(looked).toEqual([["urn:acme"]]);
});

it("takes tunnels out of the state that were deleted: the engine takes them to be there", async () => {
  const { cloudflare, awsClients, served } = await startAccounts();
  const { cloudflared } = served.client.zeroTrust.tunnels;
  const made = await cloudflared.create({ account_id: ACCOUNT, name: "te-staging-acme" });
  await cloudflared.delete(made.id ?? "", { account_id: ACCOUNT });
  const tunnel = (tenant: string, id: string): HeldResource => ({
    urn: `urn:${tenant}`,
    type: "cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared",
    name: `${tenant}-tunnel`,
    tenant,
    id,
  });
  const contents = async (): Promise<StackContents> => ({
    ...{ stack: STACK, root: "urn", deployed: { tenants: new Map(), unreadable: [] } },
    ...{ resourceIds: new Set(), pending: [] },
    held: [tunnel("acme", made.id ?? ""), tunnel("unheard-of", "00000000-0000-4000-8000-000000000000")],
  });
  const forgotten: (readonly string[])[] = [];
  const { context } = fakeContext({
    cloudflare,
    aws: awsClients,
    configuration: async () => configurationOf([]),
    engine: {
      projectStacks: async () => ({ stacks: [await contents()], unreadable: [] }),
      contents,
      forgetInterrupted: async () => {},
      lookAgain: async () => {},
      forgetDeleted: async (urns) => void forgotten.push(urns),
    },
  });
  await mend(context, true, {});
  expect(forgotten).toEqual([]);
  await repair(context, {}, {});
  expect(forgotten).toEqual([["urn:acme"]]);
});

it.each([
  ["alive", hostname(), process.pid],
  ["on another machine", "elsewhere", 1],
])("leaves the lock of a process that is %s, and says whose it is", async (_, host, pid) => {
  const { context, done } = await killed(lockedBy(host, pid));
  await expect(repair(context, {}, {})).rejects.toMatchObject({
    code: "stack-locked",
    message: expect.stringContaining(`${userInfo().username}@${host} (process ${pid})`),
  });
  expect(done).toEqual([]);
});

it("changes nothing when it only looks", async () => {
  const { context, done } = await killed(lockedBy(hostname(), 2 ** 30));
  await attempt(mend(context, true, {}));
  expect(done).toEqual([]);
});
