import { describe, expect, it } from "vitest";
import type { InputOf } from "../../operations/contract.ts";
import { list } from "../../operations/list.ts";
import { listResult, statusInput, statusResult } from "../../operations/schemas.ts";
import { status } from "../../operations/status.ts";
import { keepFacts, readKept } from "../../probes/keptProbes.ts";
import { deployList, probedClouds, type TestContext, testContext } from "../probes/probedClouds.ts";

async function statusOf(context: TestContext, input: InputOf<"status"> = { tenant: "acme" }) {
  return statusResult.parse(await status(context, statusInput.parse(input), {}));
}

async function listOf(context: TestContext) {
  return listResult.parse(await list(context, {}, {})).tenants;
}

/** A list that is deployed, and kept so. */
async function deployed(entries: TestContext["entries"]): Promise<TestContext> {
  const context = testContext();
  context.entries = entries;
  await keep(context);
  return context;
}

async function keep(context: TestContext): Promise<void> {
  await deployList(context);
  await keepFacts(context, await context.engine.deployed());
  context.asked.engine = 0;
}

describe("status", () => {
  it("answers without the engine, by any of a tenant's names", async () => {
    const context = await deployed([{ id: "acme", hubId: "hub 7", accountId: "a-1", displayName: "Acme" }]);
    const answer = await statusOf(context);
    expect(answer).toEqual({
      tenant: "acme",
      hubId: "hub 7",
      accountId: "a-1",
      displayName: "Acme",
      state: "active",
      enabled: true,
      disabled: null,
      condition: "Unknown",
      hostname: "acme.example.com",
      hostnames: ["acme.example.com"],
      tunnelId: "11111111-1111-4111-8111-111111111111",
      tunnelName: "te-test-acme",
      tunnelStatus: null,
      bucket: "te-test-acme",
      keyGenerations: [1],
      tunnelSecretGeneration: 1,
      pending: false,
      lastHealthCheck: null,
      errors: [],
      connectors: [],
    });
    expect(await statusOf(context, { hubId: "hub 7" })).toEqual(answer);
    expect(await statusOf(context, { tunnelId: answer.tunnelId ?? "" })).toEqual(answer);
    expect(context.asked.engine).toBe(0);
  });

  it("asks the engine about a tenant that is not deployed as the list has it, and not at once again", async () => {
    const context = await deployed([{ id: "acme" }, { id: "globex" }]);
    context.ahead += 60_000;
    context.entries = [{ id: "acme", displayName: "New" }, { id: "globex" }];
    expect(await statusOf(context)).toMatchObject({ pending: true, displayName: "New" });
    expect(await statusOf(context)).toMatchObject({ pending: true });
    expect(context.asked.engine).toBe(1);
    expect(await statusOf(context, { tenant: "globex" })).toMatchObject({ pending: false });
    expect(context.asked.engine).toBe(1);

    // Another process has deployed it.
    await deployList(context);
    context.ahead += 11_000;
    expect(await statusOf(context)).toMatchObject({ pending: false });
    expect(context.asked.engine).toBe(2);
    context.ahead += 60_000;
    await statusOf(context);
    expect(context.asked.engine).toBe(2);
  });

  it("knows a tenant that is to be deployed, one that is to go, and none that is neither", async () => {
    const context = await deployed([{ id: "acme", hubId: "h" }]);
    context.ahead += 60_000;
    context.entries = [{ id: "globex", host: { enabled: false } }];
    expect(await statusOf(context, { tenant: "globex" })).toMatchObject({
      state: "active",
      pending: true,
      tunnelId: null,
      bucket: null,
      hostname: "globex.example.com",
      keyGenerations: [],
    });
    const going = { tenant: "acme", state: "absent", enabled: false, pending: true };
    expect(await statusOf(context)).toMatchObject(going);
    expect(await statusOf(context, { hubId: "h" })).toMatchObject(going);
    await expect(statusOf(context, { tenant: "nobody" })).rejects.toMatchObject({ code: "tenant-not-found" });
  });

  it("forgets a tenant that is gone, with all that was kept of it", async () => {
    const context = await deployed([{ id: "acme" }, { id: "globex" }]);
    context.entries = [{ id: "globex" }];
    await keep(context);
    expect([...(await readKept(context)).tenants.keys()]).toEqual(["globex"]);
    await expect(statusOf(context)).rejects.toMatchObject({ code: "tenant-not-found" });
  });

  it("shows a tenant that is out of service as Disabled, and enabled again as not probed", async () => {
    const disabled = { since: "2026-11-01T00:00:00Z", keepUntil: "2026-12-01T00:00:00Z" };
    const here = await probedClouds({ entry: { disabled } });
    const found = await statusOf(here.context, { tenant: "acme", probe: true });
    expect(found).toMatchObject({
      state: "disabled",
      enabled: false,
      condition: "Disabled",
      disabled: { ...disabled, purge: false, bucketDeleted: false },
      pending: false,
    });
    here.context.entries = [{ id: "acme", bucket: { name: "acme-data" } }];
    expect(await statusOf(here.context)).toMatchObject({
      enabled: true,
      condition: "Unknown",
      pending: true,
    });
  });

  it("probes on request, and keeps what it found", async () => {
    const here = await probedClouds();
    const found = await statusOf(here.context, { tenant: "acme", probe: true });
    expect(found).toMatchObject({ condition: "Ready", tunnelStatus: "healthy", errors: [] });
    expect(found.connectors).toHaveLength(1);
    here.context.ahead += 3_600_000;
    const { engine } = here.context.asked;
    expect(await statusOf(here.context)).toEqual(found);
    expect(here.context.asked.engine).toBe(engine);
  });

  it("answers although nothing can be kept, or what was kept is damaged", async () => {
    const context = await deployed([{ id: "acme" }]);
    await context.documents.write("probes/test.json", '{"tenants":{"acme":{"facts":1}}', undefined);
    expect(await statusOf(context)).toMatchObject({ pending: false, bucket: "te-test-acme" });
    const broken = () => Promise.reject(new Error("no such place"));
    Object.assign(context.documents, { read: broken, write: broken });
    const notes: string[] = [];
    const input = statusInput.parse({ tenant: "acme" });
    const answer = await status(context, input, { onProgress: ({ message }) => notes.push(message) });
    expect(answer.pending).toBe(false);
    expect(notes.join()).toContain("no such place");
  });

  it("takes well under 100 ms with as many tenants as a stack is for", async () => {
    const entries = Array.from({ length: 50 }, (_, index) => ({
      id: `tenant-${index}`,
      host: { enabled: false },
      bucket: { enabled: false },
    }));
    const context = await deployed(entries);
    const { settings, tenants, ...rest } = await context.configuration();
    context.configuration = async () => ({ settings, tenants, ...rest });
    await statusOf(context, { tenant: "tenant-7" });
    const times: number[] = [];
    for (let run = 0; run < 5; run += 1) {
      const start = performance.now();
      await statusOf(context, { tenant: "tenant-7" });
      times.push(performance.now() - start);
    }
    expect(Math.min(...times)).toBeLessThan(50);
    expect(context.asked.engine).toBe(0);
  });
});

describe("list", () => {
  it("reads list and probes once each, and asks the engine only about what is not deployed yet", async () => {
    const context = await deployed([{ id: "globex" }, { id: "acme" }]);
    context.ahead += 60_000;
    const before = { ...context.asked };
    const tenants = await listOf(context);
    expect(tenants.map(({ tenant, state, pending }) => [tenant, state, pending])).toEqual([
      ["globex", "active", false],
      ["acme", "active", false],
    ]);
    expect(context.asked).toEqual({
      configuration: before.configuration + 1,
      documents: before.documents + 1,
      engine: 0,
    });

    context.entries = [{ id: "acme" }, { id: "initech" }];
    expect((await listOf(context)).map(({ tenant, state, pending }) => [tenant, state, pending])).toEqual([
      ["acme", "active", false],
      ["initech", "active", true],
      ["globex", "absent", true],
    ]);
    await listOf(context);
    expect(context.asked.engine).toBe(1);
  });

  it("asks the engine of a stack without tenants no more often than of another", async () => {
    const context = testContext();
    expect(await listOf(context)).toEqual([]);
    expect(await listOf(context)).toEqual([]);
    expect(context.asked.engine).toBe(1);
  });
});
