/** What somebody may get wrong with a stack that is deployed, and what is refused of it. */
import { expect, it } from "vitest";
import { ACCOUNT_ID, leaving, leftBehind, type TestStack, testStack } from "./testStack.ts";

const acme = { id: "acme", host: { enabled: false } };

const CLOUDFLARE = {
  accountId: ACCOUNT_ID,
  zoneId: "fedcba9876543210fedcba9876543210",
  zoneName: "example.com",
};

async function refusedUp(stack: TestStack, env: Record<string, string> = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await stack.pulumi(["up", "--yes", "--skip-preview"], env);
  expect(exitCode, stdout).not.toBe(0);
  return stdout + stderr;
}

it("another account, zone, region or environment is refused before anything is sent; an empty stack takes any", async () => {
  const stack = await testStack({ tenants: [acme] });
  await stack.up();
  const before = leftBehind(stack);
  stack.newCalls();
  const other = { ...CLOUDFLARE, zoneId: "f".repeat(32), accountId: "0".repeat(32) };
  const moved = { "tenant-edge:cloudflare": other, "aws:region": "eu-central-1" };
  stack.configure({ ...moved, "tenant-edge:environment": "prod" });
  const printed = await refusedUp(stack);
  for (const path of ["environment", "cloudflare.accountId", "cloudflare.zoneId"]) {
    expect(printed).toContain(`tenant-edge:${path}`);
  }
  expect(printed).toMatch(/aws:region\s+found\s+eu-central-1\s+deployed\s+eu-west-1/);
  expect(printed).not.toContain("tenant-edge:cloudflare.zoneName");
  expect(stack.newCalls()).toEqual([]);
  expect(leftBehind(stack)).toEqual(before);

  stack.configure({
    "tenant-edge:cloudflare": CLOUDFLARE,
    "aws:region": "eu-west-1",
    "tenant-edge:environment": "test",
  });
  await stack.letGo("acme");
  stack.configure({ "tenant-edge:environment": "prod" });
  await stack.up();
});

it("objects are deleted for nobody who did not say so: an entry that may go leaves its bucket until it is empty", async () => {
  const stack = await testStack({ tenants: [acme, { ...acme, id: "globex" }] });
  await stack.up();
  const { buckets, objects } = stack.sandbox.cloudflare;
  const bucket = buckets.list(ACCOUNT_ID).find(({ name }) => name === "te-test-globex");
  if (bucket === undefined) throw new Error("no bucket");
  objects.put(bucket, "invoice.pdf", Buffer.from("42"), { contentType: "application/pdf", metadata: {} });

  stack.setTenants([acme, leaving({ ...acme, id: "globex" })]);
  await stack.up();
  stack.setTenants([acme]);
  expect(await refusedUp(stack)).toMatch(/still has objects .* Nothing in it was touched/);
  expect(objects.get(bucket, "invoice.pdf")).toBeDefined();

  objects.delete(bucket, "invoice.pdf");
  await stack.up();
  expect(JSON.stringify(leftBehind(stack))).not.toContain("globex");
});

it("a plain destroy, without the program, deletes nothing of a tenant", async () => {
  const stack = await testStack({ tenants: [acme] });
  await stack.up();
  const before = leftBehind(stack);
  const plain = await stack.pulumi(["destroy", "--yes"], { PULUMI_RUN_PROGRAM: "false" });
  expect(plain.exitCode).not.toBe(0);
  expect(plain.stdout + plain.stderr).toContain("--run-program");
  expect(leftBehind(stack)).toEqual(before);
});
