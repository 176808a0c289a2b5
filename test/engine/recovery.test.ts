/** Updates that fail in the middle: the same operation again ends what was begun, and others go on meanwhile. */
import { describe, expect, it } from "vitest";
import { recordInput } from "../../sandbox/cloudflare/records.ts";
import { operationsOf } from "./operations.ts";
import { ACCOUNT_ID, leftBehind, type TestStack, testStack } from "./testStack.ts";

const bare = (id: string) => ({ id, host: { enabled: false } });
const BUCKET = { accountId: ACCOUNT_ID, jurisdiction: "default", name: "te-test-acme" } as const;
const KEY = /\/tokens\/[^/]+$/;
const TUNNEL_OR_BUCKET = /\/cfd_tunnel\/[^/]+$|\/r2\/buckets\/[^/]+$/;

/** A stack on whose account Cloudflare refuses to delete what `refuse` was called with. */
async function faultyStack(...ids: string[]) {
  let refused: RegExp | undefined;
  const stack = await testStack({
    tenants: ids.map(bare),
    cloudflare: {
      intercept: async ({ method, url }) =>
        method === "DELETE" && refused?.test(new URL(url).pathname)
          ? Response.json({ success: false, errors: [{ code: 10000, message: "no" }] }, { status: 403 })
          : undefined,
    },
  });
  await stack.up();
  const refuse = (path: RegExp | undefined) => {
    refused = path;
  };
  return { stack, refuse, operations: await operationsOf(stack) };
}

const keys = ({ sandbox }: TestStack) =>
  sandbox.cloudflare.tokens
    .list(ACCOUNT_ID)
    .map(({ name }) => name)
    .filter((name) => name !== "deploy");

const ofTenant = (stack: TestStack, id: string) =>
  leftBehind(stack).filter((one) => JSON.stringify(one).includes(id));

describe("an update that fails at one tenant", () => {
  it("when it is made or removed leaves the others alone, and the tenant is removed in the end", async () => {
    const { stack, refuse, operations } = await faultyStack("globex", "initech");
    const [zone] = stack.sandbox.cloudflare.zones.list();
    if (zone === undefined) throw new Error("there is no zone");
    const foreign = recordInput.parse({ type: "A", name: "acme.example.com", content: "192.0.2.1" });
    const { id: foreignId } = stack.sandbox.cloudflare.records.create(zone, foreign);

    await expect(operations.enroll({ tenant: "acme", host: false })).rejects.toMatchObject({
      code: "update-failed",
      message: expect.stringContaining("acme"),
    });
    const others = await Promise.allSettled([
      operations.enroll({ tenant: "umbrella", host: false }),
      operations.rotateKeys({ tenant: "globex" }),
      operations.disable({ tenant: "initech" }),
    ]);
    expect(others).toMatchObject([
      { value: { created: true } },
      { value: { keyGenerations: [1, 2] } },
      // Nobody is told that a key is revoked which is not.
      { reason: { code: "update-failed", message: expect.stringContaining("acme.example.com") } },
    ]);
    expect(keys(stack)).toContain("te-test-initech-key-1");
    expect(await operations.remove({ tenant: "acme", purge: true })).toMatchObject({ changed: true });
    expect(ofTenant(stack, "acme")).toEqual([expect.objectContaining({ id: foreignId })]);

    expect(keys(stack)).not.toContain("te-test-initech-key-1");
    expect(await operations.disable({ tenant: "initech" })).toMatchObject({ state: "disabled" });

    refuse(TUNNEL_OR_BUCKET);
    await expect(operations.remove({ tenant: "umbrella", purge: true })).rejects.toMatchObject({
      code: "update-failed",
    });
    expect(await operations.rotateTunnel({ tenant: "globex" })).toMatchObject({ tunnelSecretGeneration: 2 });
    expect(ofTenant(stack, "umbrella")).toHaveLength(2);
    refuse(undefined);
    expect(await operations.remove({ tenant: "umbrella", purge: true })).toMatchObject({ state: "absent" });
    expect(ofTenant(stack, "umbrella")).toEqual([]);
  }, 300_000);

  it("at what it deletes is completed by the same operation again: rotation, disabling, deletion of the bucket", async () => {
    const { stack, refuse, operations } = await faultyStack("acme");
    const rotation = { tenant: "acme", to: 2, overlapHours: 0 };
    refuse(KEY);
    await expect(operations.rotateKeys(rotation)).rejects.toMatchObject({ code: "update-failed" });
    expect(keys(stack)).toHaveLength(2);
    refuse(undefined);
    expect(await operations.rotateKeys(rotation)).toMatchObject({ keyGenerations: [2] });
    expect(keys(stack)).toEqual(["te-test-acme-key-2"]);

    refuse(KEY);
    await expect(operations.disable({ tenant: "acme" })).rejects.toMatchObject({ code: "update-failed" });
    refuse(undefined);
    // It succeeds, and has not revoked the key.
    expect(await stack.pulumi(["refresh", "--yes", "--skip-preview"])).toMatchObject({ exitCode: 0 });
    expect(keys(stack)).toHaveLength(1);
    await operations.disable({ tenant: "acme" });
    expect(keys(stack)).toEqual([]);

    let updates = 0;
    const lateObject = ({ kind }: { kind: string }) => {
      if (kind !== "updating") return;
      updates += 1;
      if (updates < 2) return;
      const file = { contentType: "text/plain", metadata: {} };
      stack.sandbox.cloudflare.objects.put(BUCKET, "late", Buffer.from("x"), file);
    };
    const deletion = { tenant: "acme", deleteBucket: true };
    await expect(operations.disable(deletion, { onProgress: lateObject })).rejects.toMatchObject({
      code: "update-failed",
    });
    expect(stack.sandbox.cloudflare.buckets.list(ACCOUNT_ID)).toHaveLength(1);
    expect(await operations.disable(deletion)).toMatchObject({ bucket: null, objectsDeleted: 1 });
    expect(stack.sandbox.cloudflare.buckets.list(ACCOUNT_ID)).toEqual([]);
  }, 300_000);
});
