/** The list of tenants in a bucket that checkouts, pipelines and services share. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { CHECKOUT } from "../../sandbox/session.ts";
import { operationsOf } from "./operations.ts";
import { ACCOUNT_ID, type TestStack, testStack } from "./testStack.ts";

const COMMAND = join(CHECKOUT, "bin", "tenant-edge.js");
const BUCKET = { accountId: ACCOUNT_ID, jurisdiction: "default", name: "team" } as const;

const stackFile = ({ project }: TestStack) => join(project, "Pulumi.staging.yaml");
const location = (endpoint: string) =>
  `s3://team/tenants?endpoint=${encodeURIComponent(endpoint)}&region=auto`;

/** A checkout with one tenant, whose list is to be shared; there is no shared list yet. */
async function sharingStack(): Promise<TestStack> {
  const stack = await testStack({
    tenants: [{ id: "acme", host: { enabled: false }, bucket: { enabled: false } }],
    storageBucket: BUCKET.name,
  });
  const endpoint = `${stack.sandbox.env["TENANT_EDGE_R2_ENDPOINT"]}/${ACCOUNT_ID}`;
  stack.configure({ "tenant-edge:tenantList": location(endpoint) });
  const text = readFileSync(stackFile(stack), "utf8");
  writeFileSync(stackFile(stack), text.replace("    - id: acme", "    # The first one.\n    - id: acme"));
  return stack;
}

function command({ project, sandbox }: TestStack, args: string) {
  return execa(process.execPath, [COMMAND, ...args.split(" "), "--json"], {
    cwd: project,
    env: { ...sandbox.env, TENANT_EDGE_STACK: "staging" },
    extendEnv: false,
    reject: false,
  });
}

const ids = (tenants: { id: string }[]) => tenants.map(({ id }) => id).sort();

function sharedIds({ sandbox: { cloudflare } }: TestStack): string[] {
  const stored = cloudflare.objects.get(BUCKET, "tenants/staging.yaml");
  if (stored === undefined) throw new Error("there is no shared list");
  return ids(parse(Buffer.from(cloudflare.objects.read(stored)).toString("utf8")).tenants);
}

function checkoutIds(stack: TestStack): string[] {
  return ids(parse(readFileSync(stackFile(stack), "utf8")).config["tenant-edge:tenants"]);
}

const tunnels = ({ sandbox }: TestStack) =>
  sandbox.cloudflare.tunnels
    .list(ACCOUNT_ID)
    .map(({ name }) => name)
    .sort();

describe("a list that is shared", () => {
  it("is made by push, read by every run, changed by several at once, and pulled", async () => {
    const stack = await sharingStack();
    const missing = await stack.pulumi(["up", "--yes", "--skip-preview"]);
    expect(missing.exitCode).not.toBe(0);
    expect(missing.stdout + missing.stderr).toContain("npx tenant-edge push");

    const pushed = await command(stack, "push --yes");
    expect(pushed.exitCode, pushed.stderr).toBe(0);
    expect(JSON.parse(pushed.stdout)).toMatchObject({
      target: "s3://team/tenants/staging.yaml",
      applied: true,
    });

    const text = readFileSync(stackFile(stack), "utf8");
    const operations = await operationsOf(stack);
    const [one, two] = await Promise.all([
      operations.enroll({ tenant: "one", host: false, bucket: false }),
      command(stack, "enroll two --no-host --no-bucket --yes"),
    ]);
    expect(one).toMatchObject({ tenant: "one", created: true });
    expect(two.exitCode, two.stderr).toBe(0);
    expect(sharedIds(stack)).toEqual(["acme", "one", "two"]);
    expect(tunnels(stack)).toEqual(["te-test-acme", "te-test-one", "te-test-two"]);

    expect(readFileSync(stackFile(stack), "utf8")).toBe(text);
    // A run of the checkout's own list would lose two of them.
    await stack.up("--expect-no-changes");

    const behind = await command(stack, "pull --dry-run --fail-when-found");
    expect(behind).toMatchObject({ exitCode: 7, stderr: expect.stringMatching(/^\+ one\n\+ two$/m) });
    expect(checkoutIds(stack)).toEqual(["acme"]);
    const pulled = await command(stack, "pull --yes");
    expect(pulled.exitCode, pulled.stderr).toBe(0);
    expect(checkoutIds(stack)).toEqual(["acme", "one", "two"]);
    expect(readFileSync(stackFile(stack), "utf8")).toContain("    # The first one.\n    - id: acme");
  });

  it("that cannot be reached ends every run before anything is registered", async () => {
    const stack = await sharingStack();
    stack.configure({ "tenant-edge:tenantList": location("http://127.0.0.1:1") });
    stack.newCalls();
    const { exitCode, stdout, stderr } = await stack.pulumi(["up", "--yes", "--skip-preview"]);
    expect(exitCode).not.toBe(0);
    expect(stdout + stderr).toMatch(
      /s3:\/\/team\/tenants.* could not be read; nothing was changed.*ECONNREFUSED/,
    );
    const enrolled = await command(stack, "enroll one --no-host --yes");
    expect(enrolled.exitCode, enrolled.stderr).toBe(1);
    expect(JSON.parse(enrolled.stdout)).toMatchObject({
      error: { code: "cloud-failed", message: expect.stringContaining("ECONNREFUSED") },
    });
    expect(stack.newCalls()).toEqual([]);
  });
});
