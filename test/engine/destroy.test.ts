import { describe, expect, it } from "vitest";
import { ACCOUNT_ID, expectAnswer, leftBehind, testStack } from "./testStack.ts";

describe("a destroy", () => {
  it("waits for connections that Cloudflare still counts", async () => {
    const stack = await testStack({
      tenants: [{ id: "acme" }],
      cloudflare: { connectionLingerMilliseconds: 1_500 },
    });
    await stack.up();
    await expectAnswer(stack, "acme.example.com", 200);
    const destroy = await stack.pulumi(["destroy", "--yes", "--skip-preview"]);
    expect(destroy.exitCode, destroy.stdout).toBe(0);
    expect(destroy.stdout).toMatch(/still has connections; trying again in 1 s/);
    expect(leftBehind(stack)).toEqual([]);
  });

  it("loses nothing of a bucket with objects in it, says so, and goes on once it is empty", async () => {
    const stack = await testStack({ tenants: [{ id: "acme", host: { enabled: false } }] });
    await stack.up();
    const { objects, buckets } = stack.sandbox.cloudflare;
    const [bucket] = buckets.list(ACCOUNT_ID);
    if (bucket === undefined) throw new Error("no bucket");
    objects.put(bucket, "invoice.pdf", Buffer.from("42"), { contentType: "application/pdf", metadata: {} });

    const refused = await stack.pulumi(["destroy", "--yes", "--skip-preview"]);
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stdout).toMatch(/still has objects .* Nothing in it was touched/);
    expect(objects.get(bucket, "invoice.pdf")).toBeDefined();

    objects.delete(bucket, "invoice.pdf");
    const destroy = await stack.pulumi(["destroy", "--yes", "--skip-preview"]);
    expect(destroy.exitCode, destroy.stdout).toBe(0);
    expect(leftBehind(stack)).toEqual([]);
  });

  it("stops at a protected bucket", async () => {
    const stack = await testStack({
      tenants: [{ id: "acme", host: { enabled: false }, bucket: { protect: true } }],
    });
    await stack.up();
    const refused = await stack.pulumi(["destroy", "--yes"]);
    expect(refused.exitCode).not.toBe(0);
    expect(stack.sandbox.cloudflare.buckets.list(ACCOUNT_ID)).toHaveLength(1);
  });
});
