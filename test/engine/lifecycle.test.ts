import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { ProgressEvent } from "../../operations/contract.ts";
import { operationsOf } from "./operations.ts";
import { ACCOUNT_ID, expectAnswer, leftBehind, testStack } from "./testStack.ts";

it("a tenant's life through the library: enrolled, rotated, disabled, enabled, removed, and nothing left", async () => {
  const stack = await testStack({
    tenants: [],
    settings: { "tenant-edge:bucketDefaults": { protect: true } },
  });
  const operations = await operationsOf(stack);
  const events: ProgressEvent[] = [];
  const call = {
    onProgress: (event: ProgressEvent) => {
      events.push(event);
    },
  };

  const plan = await operations.plan("enroll", { tenant: "acme" });
  expect(plan.list).toEqual([{ path: "", before: "nothing", after: '{"id":"acme"}' }]);
  expect(plan.steps.some(({ tenant, action }) => tenant === "acme" && action === "create")).toBe(true);
  expect(leftBehind(stack)).toEqual([]);

  const first = await operations.enroll({ tenant: "acme" }, call);
  expect(first).toMatchObject({
    tenant: "acme",
    created: true,
    hostname: "acme.example.com",
    bucket: "te-test-acme",
    keyGeneration: 1,
  });
  expect(events.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(["previewed", "list-changed", "resource", "updated"]),
  );
  await expectAnswer(stack, "acme.example.com", 200);
  stack.newCalls();
  expect(await operations.enroll({ tenant: "acme" })).toEqual({ ...first, created: false });
  expect(await operations.token({ tenant: "acme" })).toMatchObject({ token: first.tunnelToken });
  expect(stack.newCalls()).toEqual([]);

  const rotated = await operations.rotateKeys({ tenant: "acme", to: 2 }, call);
  expect(rotated).toMatchObject({ keyGenerations: [2], revoked: [1], oldKeysUntil: null });
  expect(rotated.accessKeyId).not.toBe(first.accessKeyId);
  expect(await operations.rotateKeys({ tenant: "acme", to: 2 })).toEqual({ ...rotated, revoked: [] });
  await expectAnswer(stack, "acme.example.com", 200);

  const tunnel = await operations.rotateTunnel({ tenant: "acme" }, call);
  expect(tunnel.token).not.toBe(first.tunnelToken);
  expect(tunnel.tunnelId).toBe(first.tunnelId);

  const address = { accountId: ACCOUNT_ID, jurisdiction: "default", name: "te-test-acme" } as const;
  stack.sandbox.cloudflare.objects.put(address, "kept.txt", Buffer.from("kept"), {
    contentType: "text/plain",
    metadata: {},
  });
  const disabled = await operations.disable({ tenant: "acme", retentionDays: 7 }, call);
  expect(disabled).toMatchObject({ state: "disabled", bucket: "te-test-acme" });
  expect((await stack.get("acme.example.com")).status).toBe(530);
  expect(await operations.disable({ tenant: "acme" })).toEqual(disabled);
  await expect(operations.token({ tenant: "acme" })).rejects.toMatchObject({ code: "tenant-disabled" });
  await expect(operations.remove({ tenant: "acme" })).rejects.toMatchObject({ code: "not-allowed-now" });

  const enabled = await operations.enable({ tenant: "acme" }, call);
  expect(enabled).toMatchObject({ tunnelId: first.tunnelId, hostname: first.hostname, keyGeneration: 3 });
  await expectAnswer(stack, "acme.example.com", 200);

  await expect(operations.remove({ tenant: "acme", purge: true })).rejects.toMatchObject({
    code: "bucket-not-empty",
  });
  const removed = await operations.remove({ tenant: "acme", purge: true, emptyBucket: true }, call);
  expect(removed).toEqual({ tenant: "acme", state: "absent", changed: true, objectsDeleted: 1 });
  expect(await operations.remove({ tenant: "acme" })).toMatchObject({ state: "absent", changed: false });
  expect(leftBehind(stack)).toEqual([]);

  const audit = readFileSync(join(stack.project, ".tenant-edge", "audit.jsonl"), "utf8");
  expect(audit).toContain('"operation":"remove"');
  for (const secret of [first.tunnelToken, first.secretAccessKey, tunnel.token, rotated.secretAccessKey]) {
    expect(audit + JSON.stringify(events)).not.toContain(secret);
  }
}, 300_000);
