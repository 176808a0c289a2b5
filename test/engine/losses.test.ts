import { describe, expect, it } from "vitest";
import { changes, leftBehind, type TestStack, testStack } from "./testStack.ts";

const withoutHost = (id: string, more: object = {}) => ({ id, host: { enabled: false }, ...more });
const out = (more: object = {}) => ({
  disabled: { since: "2026-11-22T10:00:00Z", keepUntil: "2026-12-22T10:00:00Z", ...more },
});

/** Two tenants, of which the second one's bucket is protected. */
async function deployed(): Promise<TestStack> {
  const stack = await testStack({
    tenants: [withoutHost("acme"), withoutHost("globex", { bucket: { protect: true } })],
  });
  await stack.up();
  return stack;
}

describe("a tenant whose entry is gone", () => {
  it("is refused by preview and update before anything happens, with the way on", async () => {
    const stack = await deployed();
    const before = leftBehind(stack);
    stack.newCalls();
    stack.setTenants([withoutHost("acme")]);
    for (const args of [["preview"], ["up", "--yes", "--skip-preview"], ["up", "--yes"]]) {
      const { exitCode, stdout, stderr } = await stack.pulumi(args);
      expect(exitCode).not.toBe(0);
      expect(stdout + stderr).toContain(
        "tenant globex (active, globex.example.com) is not in the list any more",
      );
      expect(stdout + stderr).toContain("tenant-edge remove globex --purge");
    }
    expect(stack.newCalls()).toEqual([]);
    expect(leftBehind(stack)).toEqual(before);
  });

  it("goes when its last update said so, with its bucket, and nothing of it is left", async () => {
    const stack = await deployed();
    stack.setTenants([withoutHost("acme"), withoutHost("globex", { bucket: { protect: true }, ...out() })]);
    await stack.up();
    stack.setTenants([withoutHost("acme")]);
    const early = await stack.pulumi(["up", "--yes", "--skip-preview"]);
    expect(early.stdout + early.stderr).toContain("globex (disabled, kept until 2026-12-22T10:00:00Z");

    stack.setTenants([
      withoutHost("acme"),
      withoutHost("globex", { bucket: { protect: true }, ...out({ purge: true }) }),
    ]);
    await stack.up();
    stack.setTenants([withoutHost("acme")]);
    expect(changes(await stack.up()).deleted).toBeGreaterThan(5);
    expect(JSON.stringify(leftBehind(stack))).not.toContain("globex");
  });

  it("is no obstacle to a destroy of everything", async () => {
    const stack = await testStack({ tenants: [withoutHost("acme")] });
    await stack.up();
    const { exitCode, stdout } = await stack.pulumi(["destroy", "--yes", "--skip-preview"]);
    expect(exitCode, stdout).toBe(0);
    expect(leftBehind(stack)).toEqual([]);
  });
});

describe("a protected bucket", () => {
  it("is not lost by an entry that has none any more: its tenant is not half destroyed", async () => {
    const stack = await deployed();
    const before = leftBehind(stack);
    stack.setTenants([withoutHost("acme"), withoutHost("globex", { bucket: { enabled: false } })]);
    const { exitCode, stdout, stderr } = await stack.pulumi(["up", "--yes", "--skip-preview"]);
    expect(exitCode).not.toBe(0);
    expect(stdout + stderr).toContain("the bucket te-test-globex of tenant globex is protected");
    expect(leftBehind(stack)).toEqual(before);
  });
});

describe("a disabled tenant", () => {
  it("keeps tunnel, hostname and bucket, and has no host and no key; enabled again, it has its objects", async () => {
    const stack = await testStack({ tenants: [{ id: "acme" }] });
    await stack.up();
    const { tunnelId } = (await stack.outputs()).tenants?.acme ?? {};
    stack.setTenants([{ id: "acme", tunnelSecretGeneration: 2, ...out() }]);
    await stack.up();
    const { sandbox } = stack;
    expect(
      sandbox.cloudflare.tokens.list("0123456789abcdef0123456789abcdef").map(({ name }) => name),
    ).toEqual(["deploy"]);
    expect(sandbox.aws.runningInstances()).toEqual([]);
    const record = (await stack.outputs()).tenants?.acme;
    expect(record).toMatchObject({ tunnelId, bucket: "te-test-acme", keyGenerations: [], instanceIds: [] });
    expect(record?.disabled).toMatchObject({
      keepUntil: "2026-12-22T10:00:00Z",
      bucket: "kept",
      purge: false,
    });
    expect((await stack.get("acme.example.com")).status).toBe(530);

    stack.setTenants([{ id: "acme", tunnelSecretGeneration: 2, bucket: { keyGenerations: [2] } }]);
    await stack.up();
    expect((await stack.outputs()).tenants?.acme).toMatchObject({
      tunnelId,
      bucket: "te-test-acme",
      keyGenerations: [2],
    });
  });
});
