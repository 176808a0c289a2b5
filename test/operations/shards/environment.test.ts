/** The operations on all stacks of an environment. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { Condition, SweepAction } from "../../../operations/choices.ts";
import { ErrorCode, OperationError } from "../../../operations/errors.ts";
import { temporaryFolder } from "../../sandbox/engine/temporaryFolder.ts";
import { fakeEnvironment } from "./fakeEnvironment.ts";

const TUNNEL = "3f2a1c9e-0b7d-4c7e-9a55-5f0c1d2e3b4a";

const three = () =>
  fakeEnvironment({
    "prod-10": { tenants: [{ id: "initech" }] },
    prod: { tenants: [{ id: "acme" }] },
    "prod-2": { tenants: [{ id: "globex", hubId: "hub-2" }] },
    staging: { tenants: [{ id: "hooli" }], settings: { environment: "staging" } },
  });

/** What is kept of a tenant that was deployed. */
const kept = (id: string, tunnelId: string, at = "2026-11-22T09:00:00Z") => {
  const probe = {
    at,
    condition: Condition.Ready,
    tunnelStatus: "healthy",
    dns: true,
    httpStatus: 200,
    bucketWritable: null,
    errors: [],
    connectors: [],
  };
  const facts = {
    displayName: id,
    hostname: `${id}.example.com`,
    hostnames: [],
    tunnelId,
    tunnelName: id,
    bucket: null,
    keyGenerations: [],
    tunnelSecretGeneration: 1,
    hubId: null,
    accountId: null,
    disabled: null,
    entryDigest: "",
  };
  return JSON.stringify({ tenants: { [id]: { facts, probe } } });
};

describe("an operation on one tenant", () => {
  it("goes to the stack whose list has it, and opens no other one", async () => {
    const { operations, asked, opened } = await three();
    await operations.disable({ tenant: "acme" });
    await operations.token({ hubId: "hub-2" });
    await operations.plan("remove", { tenant: "initech" });
    expect(asked).toEqual(["prod disable", "prod-2 token", "prod-10 plan"]);
    expect(opened).toEqual(["prod", "prod-2", "prod-10"]);
    await expect(operations.status({ tenant: "hooli" })).rejects.toMatchObject({
      code: ErrorCode.TenantNotFound,
      message: "no stack of prod has the tenant hooli",
    });
  });

  it("finds a tunnel by what is kept, without asking an engine", async () => {
    const { operations, asked, documents } = await three();
    await documents.write("probes/prod-2.json", kept("globex", TUNNEL), undefined);
    await operations.rotateTunnel({ tunnelId: TUNNEL });
    expect(asked).toEqual(["prod-2 rotateTunnel"]);
  });

  it("finds a tenant that has moved in its new stack, also by its tunnel", async () => {
    const { operations, asked, documents } = await three();
    await documents.write("probes/prod.json", kept("initech", TUNNEL), undefined);
    await operations.token({ tunnelId: TUNNEL });
    expect(asked).toEqual(["prod-10 token"]);
  });

  it("asks the engines of all stacks for what is in no list, and not again within ten seconds", async () => {
    const { operations, asked, tunnels, pass } = await three();
    tunnels.set(TUNNEL, "prod-10");
    await operations.token({ tunnelId: TUNNEL });
    expect(asked.at(-1)).toBe("prod-10 token");
    asked.length = 0;
    const look = () => operations.token({ tenant: "nobody" });
    await expect(look()).rejects.toMatchObject({ code: ErrorCode.TenantNotFound });
    await expect(look()).rejects.toMatchObject({ code: ErrorCode.TenantNotFound });
    expect(asked.sort()).toEqual(["prod status", "prod-10 status", "prod-2 status"]);
    pass(11);
    await expect(look()).rejects.toMatchObject({ code: ErrorCode.TenantNotFound });
    expect(asked).toHaveLength(6);
  });

  it("is not said to be missing while a stack cannot be asked", async () => {
    const fake = await three();
    fake.perform.status = (stack) => {
      const code = stack === "prod" ? ErrorCode.UpdateFailed : ErrorCode.TenantNotFound;
      throw new OperationError(code, `${stack} says so`);
    };
    await expect(fake.operations.token({ tenant: "nobody" })).rejects.toMatchObject({
      message: "prod says so",
    });
    fake.perform = {};
    writeFileSync(join(fake.folder, "Pulumi.prod-3.yaml"), "config:\n  tenant-edge:environment: prod\n  - [");
    await expect(fake.operations.token({ tenant: "nobody" })).rejects.toMatchObject({
      code: ErrorCode.InvalidConfiguration,
      message: expect.stringContaining("Pulumi.prod-3.yaml"),
    });
    // What can be read is there all the same.
    await fake.operations.token({ tenant: "acme" });
    expect(fake.asked.at(-1)).toBe("prod token");
  });

  it("of a tenant that is gone already changes nothing, whichever stack had it", async () => {
    const fake = await three();
    fake.perform.remove = () => ({ tenant: "nobody", state: "absent", changed: false, objectsDeleted: 0 });
    expect(await fake.operations.remove({ tenant: "nobody" })).toMatchObject({ changed: false });
    expect(fake.asked.filter((one) => one.endsWith("remove"))).toHaveLength(3);
  });
});

describe("a stack whose list is shared", () => {
  it("has the tenants of that list, and not those of its file", async () => {
    const lists = temporaryFolder();
    writeFileSync(join(lists, "prod-2.yaml"), "tenants:\n  - id: acme\n");
    const tenantList = pathToFileURL(lists).href;
    const fake = await fakeEnvironment({
      prod: {},
      "prod-2": { tenants: [{ id: "globex" }], settings: { tenantList } },
    });
    await fake.operations.token({ tenant: "acme" });
    expect(fake.asked).toEqual(["prod-2 token"]);
    await fake.operations.enroll({ tenant: "acme" });
    expect(fake.asked.at(-1)).toBe("prod-2 enroll");
    await expect(fake.operations.token({ tenant: "globex" })).rejects.toMatchObject({
      code: ErrorCode.TenantNotFound,
    });
    rmSync(join(lists, "prod-2.yaml"));
    await expect(fake.operations.token({ tenant: "acme" })).rejects.toMatchObject({
      code: ErrorCode.InvalidConfiguration,
      message: expect.stringContaining("tenant-edge:tenantList of Pulumi.prod-2.yaml"),
    });
  });
});

describe("enroll", () => {
  const limited = (tenantsPerStack: number) => ({ settings: { limits: { tenantsPerStack } } });

  it("fills the stacks one after the other, also when many come at once", async () => {
    const fake = await fakeEnvironment({ prod: limited(2), "prod-2": limited(1) });
    const { promise, resolve } = Promise.withResolvers<object>();
    // No list has any of them before the last one is sent on its way.
    fake.perform.enroll = () => promise;
    const all = ["a", "b", "c", "d"].map((tenant) => fake.operations.enroll({ tenant }));
    const ended = Promise.allSettled(all);
    await vi.waitFor(() => expect(fake.asked).toEqual(["prod enroll", "prod enroll", "prod-2 enroll"]));
    await expect(all.at(-1)).rejects.toMatchObject({ code: ErrorCode.NameTaken });
    resolve({});
    const results = await ended;
    expect(results.at(-1)).toMatchObject({
      status: "rejected",
      reason: {
        code: ErrorCode.NameTaken,
        message: expect.stringContaining("prod-2 (eu-west-1) has 1 of 1"),
      },
    });
  });

  it("again goes to the same stack, by id and by hub", async () => {
    const { operations, asked } = await fakeEnvironment({ prod: limited(1), "prod-2": limited(1) });
    await operations.enroll({ hubId: "Hub 1" });
    await operations.enroll({ tenant: "globex" });
    await operations.enroll({ tenant: "globex" });
    await operations.enroll({ hubId: "Hub 1" });
    expect(asked).toEqual(["prod enroll", "prod-2 enroll", "prod-2 enroll", "prod enroll"]);
  });

  it("goes on to the next stack when another process has filled the first one meanwhile", async () => {
    const fake = await fakeEnvironment({ prod: limited(1), "prod-2": limited(1) });
    fake.perform.enroll = (stack) => {
      if (stack === "prod-2") return { tenant: "acme" };
      fake.add("prod", { id: "faster" });
      throw new OperationError(ErrorCode.InvalidConfiguration, "2 tenants");
    };
    await fake.operations.enroll({ tenant: "acme" });
    expect(fake.asked).toEqual(["prod enroll", "prod-2 enroll"]);
  });

  it("tries again for a name that it may choose, a bounded number of times, and for no other", async () => {
    const fake = await fakeEnvironment({ prod: {} });
    fake.perform.enroll = () => {
      throw new OperationError(ErrorCode.NameTaken, "taken");
    };
    const taken = { code: ErrorCode.NameTaken, message: "taken" };
    await expect(fake.operations.enroll({ tenant: "acme", subdomain: "shop" })).rejects.toMatchObject(taken);
    expect(fake.asked).toHaveLength(1);
    await expect(fake.operations.enroll({ tenant: "acme" })).rejects.toMatchObject(taken);
    expect(fake.asked).toHaveLength(5);
  });

  it("lets two tenants that want one name come one after the other, and others pass", async () => {
    const fake = await fakeEnvironment({ prod: limited(1), "prod-2": limited(5) });
    const { promise, resolve } = Promise.withResolvers<void>();
    fake.perform.enroll = async (stack, input) => {
      if ((input as { tenant: string }).tenant === "acme") await promise;
      return { stack };
    };
    const first = fake.operations.enroll({ tenant: "acme", subdomain: "shop" });
    const second = fake.operations.enroll({ tenant: "globex", hostname: "shop.example.com" });
    await fake.operations.enroll({ tenant: "initech" });
    expect(fake.inputs).toMatchObject([{ tenant: "acme" }, { tenant: "initech" }]);
    resolve();
    await Promise.all([first, second]);
    expect(fake.inputs.at(-1)).toMatchObject({ tenant: "globex" });
  });

  it("is refused while a stack's tenants cannot be compared", async () => {
    const fake = await fakeEnvironment({ prod: {} });
    writeFileSync(join(fake.folder, "Pulumi.prod-2.yaml"), "config:\n  tenant-edge:environment: prod\n");
    const broken = "config:\n  tenant-edge:environment: prod\n  tenant-edge:tenants: 5\n";
    writeFileSync(join(fake.folder, "Pulumi.prod-3.yaml"), broken);
    await expect(fake.operations.enroll({ tenant: "acme" })).rejects.toMatchObject({
      code: ErrorCode.InvalidConfiguration,
      message: expect.stringContaining("tenant-edge:tenants of Pulumi.prod-3.yaml"),
    });
    rmSync(join(fake.folder, "Pulumi.prod-3.yaml"));
    await fake.operations.enroll({ tenant: "acme" });
    expect(fake.asked).toEqual(["prod enroll"]);
  });

  it("plans in the stack that it would go to", async () => {
    const { operations } = await fakeEnvironment({ prod: limited(1), "prod-2": limited(1) });
    await operations.enroll({ tenant: "acme" });
    const { notes } = await operations.plan("enroll", { tenant: "globex" });
    expect(notes).toEqual(["in the stack prod-2", "enroll there"]);
  });
});

describe("what concerns all tenants", () => {
  const row = (tenant: string) => ({ tenant });

  it("is asked of all stacks, in their order, and a stack that fails hides no other one", async () => {
    const fake = await three();
    fake.perform.list = (stack) => {
      if (stack === "prod-2") throw new OperationError(ErrorCode.CloudFailed, "no answer");
      return { environment: "prod", stack, tenants: [row(`of-${stack}`)] };
    };
    expect(await fake.operations.list({})).toEqual({
      environment: "prod",
      stack: "prod, prod-10",
      failedStacks: [{ stack: "prod-2", outcome: "failed", error: "no answer" }],
      tenants: [
        { tenant: "of-prod", stack: "prod" },
        { tenant: "of-prod-10", stack: "prod-10" },
      ],
    });
    writeFileSync(join(fake.folder, "Pulumi.prod-3.yaml"), "config:\n  tenant-edge:environment: prod\n  - [");
    const { failedStacks } = await fake.operations.list({});
    expect(failedStacks?.map(({ stack }) => stack)).toEqual(["prod-2", "prod-3"]);
    fake.perform.list = () => {
      throw new OperationError(ErrorCode.CloudFailed, "no answer");
    };
    await expect(fake.operations.list({})).rejects.toMatchObject({ code: ErrorCode.CloudFailed });
  });

  it("changes one stack after the other", async () => {
    const fake = await three();
    let running = 0;
    fake.perform.expire = async (stack) => {
      running += 1;
      expect(running).toBe(1);
      await Promise.resolve();
      running -= 1;
      return { due: [{ ...row(stack), kind: "remove", since: "", outcome: "done", error: null }] };
    };
    const { due } = await fake.operations.expire({ act: true });
    expect(due.map(({ tenant }) => tenant)).toEqual(["prod", "prod-2", "prod-10"]);
  });

  it("says of which stack the progress is", async () => {
    const fake = await three();
    fake.perform.repair = (_stack, _input, call) => {
      call.onProgress?.({ time: "", kind: "note", message: "it was killed" });
      return { unlocked: false, interrupted: [], leftovers: [], gone: [] };
    };
    const messages: string[] = [];
    await fake.operations.repair({}, { onProgress: ({ message }) => messages.push(message) });
    expect(messages[1]).toBe("prod-2: it was killed");
  });

  it("has the usage of the time of which all stacks have figures", async () => {
    const fake = await three();
    fake.perform.usage = (stack) => ({
      month: "2026-11",
      from: stack === "prod-2" ? "2026-11-05T00:00:00.000Z" : "2026-11-01T00:00:00.000Z",
      to: stack === "prod" ? "2026-11-22T09:00:00.000Z" : "2026-11-22T09:00:01.000Z",
      tenants: [row(stack)],
    });
    expect(await fake.operations.usage({})).toMatchObject({
      from: "2026-11-05T00:00:00.000Z",
      to: "2026-11-22T09:00:00.000Z",
      tenants: [{ tenant: "prod" }, { tenant: "prod-2" }, { tenant: "prod-10" }],
    });
    fake.asked.length = 0;
    await fake.operations.usage({ tenant: "globex" });
    expect(fake.asked).toEqual(["prod-2 usage"]);
  });

  it("has the newest of all histories, and the audit that stacks share once", async () => {
    const fake = await three();
    const days: Record<string, string> = { prod: "03", "prod-2": "01", "prod-10": "02" };
    const record = { time: "2026-11-01T00:00:00.000Z", actor: "ann", operation: "enroll" };
    fake.perform.history = (stack) => ({
      updates: [{ version: 1, startedAt: `2026-11-${days[stack]}T00:00:00.000Z` }],
      audit: [{ ...record }],
    });
    const { updates, audit } = await fake.operations.history({ limit: 2 });
    expect(updates.map(({ stack }) => stack)).toEqual(["prod", "prod-10"]);
    expect(audit).toEqual([record]);
  });
});

describe("a health sweep", () => {
  const unhealthy = (tenant: string, action: string) => ({
    tenant,
    condition: Condition.Error,
    errors: [],
    failures: 2,
    action,
    detail: "",
  });

  it("acts on no more tenants than it may in all stacks together", async () => {
    const fake = await three();
    fake.perform.sweepHealth = (stack) => ({
      checked: 5,
      notChecked: 1,
      unhealthy: [unhealthy(stack, SweepAction.ReplaceHost)],
    });
    const result = await fake.operations.sweepHealth({ act: true, maxActions: 2 });
    expect(result).toMatchObject({ checked: 15, notChecked: 3 });
    expect(fake.inputs.map((input) => Reflect.get(input, "maxActions"))).toEqual([2, 1, 0]);
  });

  it("counts what is only planned, too, and takes the least that a stack allows", async () => {
    const settings = { lifecycle: { sweepActions: 1 } };
    const fake = await fakeEnvironment({ prod: {}, "prod-2": { settings } });
    fake.perform.sweepHealth = (stack) => ({
      checked: 1,
      notChecked: 0,
      unhealthy: [unhealthy(stack, SweepAction.Planned)],
    });
    await fake.operations.plan("sweepHealth", {});
    expect(fake.inputs.map((input) => Reflect.get(input, "maxActions"))).toEqual([1, 0]);
  });

  it("begins with the stack whose tenants have waited longest", async () => {
    const fake = await three();
    await fake.documents.write("probes/prod.json", kept("acme", TUNNEL, "2026-11-22T09:30:00Z"), undefined);
    await fake.documents.write(
      "probes/prod-2.json",
      kept("globex", TUNNEL, "2026-11-22T09:20:00Z"),
      undefined,
    );
    await fake.documents.write(
      "probes/prod-10.json",
      kept("initech", TUNNEL, "2026-11-22T09:40:00Z"),
      undefined,
    );
    fake.perform.sweepHealth = () => ({ checked: 1, notChecked: 0, unhealthy: [] });
    await fake.operations.sweepHealth({});
    expect(fake.asked).toEqual(["prod-2 sweepHealth", "prod sweepHealth", "prod-10 sweepHealth"]);
  });

  it("of some tenants asks their stacks alone, and none when one is unknown", async () => {
    const fake = await three();
    fake.perform.sweepHealth = () => ({ checked: 1, notChecked: 0, unhealthy: [] });
    await fake.operations.sweepHealth({ tenants: ["initech", "acme"] });
    expect(fake.inputs).toMatchObject([{ tenants: ["acme"] }, { tenants: ["initech"] }]);
    await expect(fake.operations.sweepHealth({ tenants: ["acme", "nobody"] })).rejects.toMatchObject({
      code: ErrorCode.TenantNotFound,
      message: "in no tenant list: nobody",
    });
    expect(fake.asked).toHaveLength(2);
  });
});

describe("a sweep for orphans", () => {
  const cloudflare = (account: string) => ({
    cloudflare: { accountId: account.repeat(32), zoneId: account.repeat(32), zoneName: "example.com" },
  });
  const orphan = (id: string, outcome = "found") => ({
    cloud: "cloudflare",
    kind: "tunnel",
    id,
    name: id,
    tenant: "",
    outcome,
    detail: "",
  });

  it("is made once for each account, zone and region", async () => {
    const fake = await fakeEnvironment({
      prod: { settings: cloudflare("a") },
      "prod-2": { settings: cloudflare("a") },
      "prod-3": { settings: cloudflare("b") },
    });
    fake.perform.sweepOrphans = (stack) => ({ seen: 4, orphans: [orphan(stack), orphan("shared")] });
    const { seen, orphans } = await fake.operations.sweepOrphans({});
    expect(fake.asked).toEqual(["prod sweepOrphans", "prod-3 sweepOrphans"]);
    expect(seen).toBe(8);
    expect(orphans.map(({ id }) => id)).toEqual(["prod", "shared", "prod-3"]);
  });

  it("deletes nothing when all accounts together have more than it may", async () => {
    const fake = await fakeEnvironment({
      prod: { settings: cloudflare("a") },
      "prod-2": { settings: cloudflare("b") },
      "prod-3": { settings: cloudflare("c") },
    });
    fake.perform.sweepOrphans = (stack, { delete: deletes }: { delete?: boolean }) => ({
      seen: 4,
      orphans: stack === "prod-3" ? [] : [orphan(stack, deletes ? "deleted" : "found")],
    });
    await expect(fake.operations.sweepOrphans({ delete: true, maxDeletions: 1 })).rejects.toMatchObject({
      code: ErrorCode.UnintendedChanges,
    });
    expect(fake.inputs.filter((input) => Reflect.get(input, "delete") === true)).toEqual([]);
    const { orphans } = await fake.operations.sweepOrphans({ delete: true, maxDeletions: 2 });
    expect(orphans).toMatchObject([
      { id: "prod", outcome: "deleted" },
      { id: "prod-2", outcome: "deleted" },
    ]);
    expect(fake.asked.slice(-2)).toEqual(["prod sweepOrphans", "prod-2 sweepOrphans"]);
  });
});

it("all that were opened are closed, and the budget is the least of theirs", async () => {
  const { operations, closed } = await three();
  expect(operations.budget.left()).toBe(1000);
  await operations.disable({ tenant: "acme" });
  expect(operations.budget.left()).toBe(100);
  await operations.disable({ tenant: "globex" });
  expect(operations.budget.left()).toBe(10);
  await operations.close();
  expect(closed.sort()).toEqual(["prod", "prod-2"]);
  expect(operations.target).toEqual({
    environment: "prod",
    stack: "prod, prod-2, prod-10",
    list: "Pulumi.prod.yaml, Pulumi.prod-2.yaml, Pulumi.prod-10.yaml",
  });
});
