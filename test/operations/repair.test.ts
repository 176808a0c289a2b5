/** What repair does about the lock, and about what an update was doing. */
import { hostname, userInfo } from "node:os";
import { expect, it } from "vitest";
import type { EngineStack } from "../../operations/context.ts";
import { EngineCommandError } from "../../operations/engine/pulumiCommand.ts";
import { mend, mendBeforeUpdate, repair } from "../../operations/repair.ts";
import type { HeldResource, PendingOperation, StackContents } from "../../orphans/known.ts";
import { refuseCalls } from "../leftovers/refusedCalls.ts";
import { startAccounts } from "../orphans/accounts.ts";
import { configurationOf, ENVIRONMENT, fakeContext, STACK } from "../orphans/fakeContext.ts";
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

/** A stack whose update was killed while creating a key. @param locks how the engine refuses, in turn. */
const killed = (...locks: Error[]) => killedWhile(PENDING, ...locks);

async function killedWhile(creation: PendingOperation, ...locks: Error[]) {
  const { context, pass, events } = await fakeStack([alone("acme")]);
  const done: string[] = [];
  const contents = (pending: StackContents["pending"]): StackContents => ({
    stack: "prod",
    root: "urn",
    deployed: { tenants: new Map(), unreadable: [] },
    resourceIds: new Set(["vpc-of-the-state"]),
    held: [],
    pending,
  });
  let pending: StackContents["pending"] = [creation];
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
  const { cloudflare, aws, awsClients } = await startAccounts();
  const texts = new Map<string, string>();
  const documents = {
    ...context.documents,
    read: async (key: string) => {
      const text = texts.get(key);
      return text === undefined ? undefined : { text, version: text };
    },
    write: async (key: string, text: string) => {
      texts.set(key, text);
      return text;
    },
    delete: async (key: string) => void texts.delete(key),
  };
  const more = { configuration: async () => configurationOf([]), stack: "prod" };
  const all = { ...context, ...more, engine, documents, cloudflare, aws: awsClients };
  return { context: all, done, aws, awsClients, pass, events };
}

const VPC: PendingOperation = {
  ...PENDING,
  ...{ type: "aws:ec2/vpc:Vpc", name: "network-vpc", tenant: "" },
};

/** A stack whose update was killed while creating a VPC. */
async function killedWithVpc() {
  const stack = await killedWhile(VPC);
  const { aws, context } = stack;
  const { Vpc } = await aws.call("ec2:CreateVpc", { CidrBlock: "10.0.0.0/16" });
  const Tags = [{ Key: "tenant-edge:environment", Value: ENVIRONMENT }];
  await aws.call("ec2:CreateTags", { Resources: [Vpc?.VpcId ?? ""], Tags });
  const repaired = async () => (await repair(context, {}, {})).leftovers.map(({ outcome }) => outcome);
  return { ...stack, repaired };
}

it("has the engine forget nothing when the clouds cannot be looked into", async () => {
  const { context, done } = await killed();
  context.aws.iam = () => Promise.reject(new Error("there is no AWS here"));
  await expect(repair(context, {}, {})).rejects.toThrow("there is no AWS here");
  expect(done).toEqual([]);
});

it("keeps what explains leftovers until none fails to be removed", async () => {
  const { awsClients, context, done, repaired } = await killedWithVpc();
  const allow = refuseCalls(awsClients, "DeleteVpcCommand", "InternalError");
  expect(await repaired()).toEqual(["failed"]);
  allow();
  await mend(context, true, {});
  expect(await repaired()).toEqual(["deleted"]);
  expect(await context.documents.read("interrupted/prod.json")).toBeUndefined();
  expect(done).toEqual(["forgot", "forgot"]);
});

it("explains nothing a day later: the state may be older by then", async () => {
  const { awsClients, pass, repaired } = await killedWithVpc();
  const allow = refuseCalls(awsClients, "DeleteVpcCommand", "InternalError");
  expect(await repaired()).toEqual(["failed"]);
  allow();
  pass(1.01);
  expect(await repaired()).toEqual(["kept"]);
});

it("before an update, too, which goes on without what could not be looked for", async () => {
  const { awsClients, context, done, repaired } = await killedWithVpc();
  const { iam } = awsClients;
  awsClients.iam = () => Promise.reject(new Error("there is no AWS here"));
  const contents = await context.engine.contents();
  if (contents !== undefined) await mendBeforeUpdate(context, contents, {});
  expect(done).toEqual(["forgot"]);
  awsClients.iam = iam;
  expect(await repaired()).toEqual(["deleted"]);
});

it("does not take what another process is doing for what a killed one did", async () => {
  const { context } = await killed(lockedBy("elsewhere", 1));
  const contents = await context.engine.contents();
  if (contents === undefined) throw new Error("no stack");
  await expect(mendBeforeUpdate(context, contents, {})).rejects.toThrow(EngineCommandError);
  expect(await context.documents.read("interrupted/prod.json")).toBeUndefined();
});

it("goes on when the documents cannot be reached", async () => {
  const { context, events, repaired } = await killedWithVpc();
  context.documents.read = () => Promise.reject(new Error("the disk is gone"));
  expect(await repaired()).toEqual(["deleted"]);
  expect(events).toContainEqual(
    expect.objectContaining({ message: expect.stringContaining("disk is gone") }),
  );
});

it("takes a dead process's lock away, and then has the engine forget", async () => {
  const { context, done } = await killed(...KILLED);
  await repair(context, {}, {});
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
  await repair(context, {}, {});
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
  await mend(context, true, {});
  expect(done).toEqual([]);
});
