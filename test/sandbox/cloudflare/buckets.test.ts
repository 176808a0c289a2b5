import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Cloudflare } from "../../../sandbox/cloudflare/cloud.ts";
import { Store } from "../../../sandbox/store.ts";
import { ACCOUNT, refusal, startCloud } from "./serve.ts";

const account_id = ACCOUNT;
const ADDRESS = { accountId: ACCOUNT, jurisdiction: "default", name: "acme-data" } as const;
const HEADERS = { contentType: "text/plain", metadata: {} };

describe("R2 buckets over the official client", () => {
  it("are made, read, changed, listed and deleted", async () => {
    const { client } = await startCloud();
    const { buckets } = client.r2;
    const made = await buckets.create({
      account_id,
      name: "acme-data",
      locationHint: "weur",
      storageClass: "Standard",
    });
    expect(made).toMatchObject({
      name: "acme-data",
      location: "WEUR",
      jurisdiction: "default",
      storage_class: "Standard",
    });
    const edited = await buckets.edit("acme-data", { account_id, storage_class: "InfrequentAccess" });
    expect(edited.storage_class).toBe("InfrequentAccess");
    expect((await buckets.get("acme-data", { account_id })).storage_class).toBe("InfrequentAccess");
    await buckets.delete("acme-data", { account_id });
    expect(await refusal(buckets.get("acme-data", { account_id }))).toEqual({ status: 404, codes: [10006] });
    expect(await refusal(buckets.delete("acme-data", { account_id }))).toEqual({
      status: 404,
      codes: [10006],
    });
  });

  it("are listed by cursor", async () => {
    const { client, raw } = await startCloud();
    for (const name of ["bbb", "aaa", "ccc"]) await client.r2.buckets.create({ account_id, name });
    const first = await raw("GET", `/accounts/${ACCOUNT}/r2/buckets?per_page=2`);
    const cursor = String(first.body.result_info?.cursor);
    const second = await client.r2.buckets.list({ account_id, per_page: 2, cursor });
    expect(first.body.result).toMatchObject({ buckets: [{ name: "aaa" }, { name: "bbb" }] });
    expect(second.buckets?.map(({ name }) => name)).toEqual(["ccc"]);
  });

  it("live in the namespace of their jurisdiction", async () => {
    const { client } = await startCloud();
    const eu = { account_id, "cf-r2-jurisdiction": "eu" } as const;
    const made = await client.r2.buckets.create({ ...eu, name: "acme-data" });
    expect(made.jurisdiction).toBe("eu");
    expect(await refusal(client.r2.buckets.get("acme-data", { account_id }))).toEqual({
      status: 404,
      codes: [10006],
    });
    await client.r2.buckets.create({ account_id, name: "acme-data" });
    expect((await client.r2.buckets.list(eu)).buckets).toHaveLength(1);
  });

  it("refuse a name that is taken, bad names, and values that are none", async () => {
    const { client, raw } = await startCloud();
    await client.r2.buckets.create({ account_id, name: "acme-data" });
    const again = client.r2.buckets.create({ account_id, name: "acme-data" });
    expect(await refusal(again)).toEqual({ status: 409, codes: [10004] });
    for (const name of ["ab", "Upper", "under_score", "-edge", "edge-", "x".repeat(64), "do.t"]) {
      const call = client.r2.buckets.create({ account_id, name });
      expect(await refusal(call), name).toEqual({ status: 400, codes: [10005] });
    }
    const path = `/accounts/${ACCOUNT}/r2/buckets`;
    expect((await raw("POST", path, { name: "mars", locationHint: "mars" })).status).toBe(400);
    expect((await raw("POST", path, { name: "cold", storageClass: "Cold" })).status).toBe(400);
    expect((await raw("POST", path, { name: "de" }, { "cf-r2-jurisdiction": "de" })).status).toBe(400);
    expect((await raw("PATCH", `${path}/acme-data`)).status).toBe(400);
  });

  it("keep the location of the first bucket of a name", async () => {
    const { client } = await startCloud();
    await client.r2.buckets.create({ account_id, name: "acme-data", locationHint: "apac" });
    await client.r2.buckets.delete("acme-data", { account_id });
    const again = await client.r2.buckets.create({ account_id, name: "acme-data", locationHint: "weur" });
    expect(again.location).toBe("APAC");
  });

  it("stay while there is an object in them", async () => {
    const { client, cloud } = await startCloud();
    await client.r2.buckets.create({ account_id, name: "acme-data" });
    cloud.objects.put(ADDRESS, "a/b", Buffer.from("x"), HEADERS);
    const call = client.r2.buckets.delete("acme-data", { account_id });
    expect(await refusal(call)).toEqual({ status: 409, codes: [10008] });
    expect(cloud.buckets.get(ADDRESS)).toBeDefined();
    cloud.objects.delete(ADDRESS, "a/b");
    await client.r2.buckets.delete("acme-data", { account_id });
  });
});

describe("lifecycle rules", () => {
  const tmp = (id: string, maxAge: number) => ({
    id,
    enabled: true,
    conditions: { prefix: "tmp/" },
    deleteObjectsTransition: { condition: { type: "Age", maxAge } as const },
  });

  it("begin with the built-in one, which a PUT replaces", async () => {
    const { client } = await startCloud();
    await client.r2.buckets.create({ account_id, name: "acme-data" });
    const { lifecycle } = client.r2.buckets;
    const born = await lifecycle.get("acme-data", { account_id });
    expect(born.rules).toMatchObject([
      {
        id: "Default Multipart Abort Rule",
        abortMultipartUploadsTransition: { condition: { type: "Age", maxAge: 604_800 } },
      },
    ]);
    await lifecycle.update("acme-data", { account_id, rules: [tmp("expire-tmp", 86_400)] });
    expect((await lifecycle.get("acme-data", { account_id })).rules).toEqual([tmp("expire-tmp", 86_400)]);
    await lifecycle.update("acme-data", { account_id, rules: [] });
    expect((await lifecycle.get("acme-data", { account_id })).rules).toEqual([]);
  });

  it.each([
    ["two rules of one id", [tmp("a", 1), tmp("a", 1)]],
    [
      "an age rule without an age",
      [{ ...tmp("a", 1), deleteObjectsTransition: { condition: { type: "Age" } } }],
    ],
    [
      "no conditions",
      [{ id: "a", enabled: true, deleteObjectsTransition: tmp("a", 1).deleteObjectsTransition }],
    ],
    ["no transition", [{ id: "a", enabled: true, conditions: { prefix: "" } }]],
    [
      "a month 13",
      [
        {
          ...tmp("a", 1),
          deleteObjectsTransition: { condition: { type: "Date", date: "2026-13-01T00:00:00Z" } },
        },
      ],
    ],
    ["1,001 rules", Array.from({ length: 1001 }, (_, index) => tmp(`rule-${index}`, 1))],
  ])("refuse %s", async (_problem, rules) => {
    const { client, raw } = await startCloud();
    await client.r2.buckets.create({ account_id, name: "acme-data" });
    const answer = await raw("PUT", `/accounts/${ACCOUNT}/r2/buckets/acme-data/lifecycle`, { rules });
    expect({ status: answer.status, code: answer.body.errors[0]?.code }).toEqual({
      status: 400,
      code: 10040,
    });
  });
});

it("keeps everything in its folder over a restart", () => {
  const folder = mkdtempSync(join(tmpdir(), "cloud-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const open = () => {
    const store = Store.open(folder);
    return { store, cloud: new Cloudflare({ store, objectsFolder: join(folder, "objects") }) };
  };
  const first = open();
  first.cloud.ensureAccount({ id: ACCOUNT, name: "Acme" });
  const token = first.cloud.mintDeployToken(ACCOUNT);
  first.cloud.buckets.create(ACCOUNT, "default", { name: "acme-data" });
  first.cloud.objects.put(ADDRESS, "a", Buffer.from("bytes"), HEADERS);
  first.store.close();
  const second = open();
  onTestFinished(() => second.store.close());
  expect(second.cloud.tokens.findByValue(token)?.name).toBe("deploy");
  const object = second.cloud.objects.get(ADDRESS, "a");
  expect(object && Buffer.from(second.cloud.objects.read(object)).toString()).toBe("bytes");
});
