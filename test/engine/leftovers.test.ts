/** Creations whose answer was lost, and what an engine left that was killed: in the end all is there once, and nothing else. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { AwsConnectionError } from "../../sandbox/aws/connectionError.ts";
import type { SandboxOptions } from "../../sandbox/sandbox.ts";
import { operationsOf } from "./operations.ts";
import { ACCOUNT_ID, leftBehind, type TestStack, testStack } from "./testStack.ts";

type Intercept = NonNullable<NonNullable<SandboxOptions["cloudflare"]>["intercept"]>;

const bare = (id: string) => ({ id, host: { enabled: false } });

/** Longer than the real provider takes for a second attempt. */
const LOST_MILLISECONDS = 1_600;

const matches = ({ method, url }: Request, path: RegExp) =>
  method === "POST" && path.test(new URL(url).pathname);

/** Each of these creations takes effect once without an answer. */
function losingAnswers(...paths: RegExp[]): Intercept {
  const left = new Set(paths);
  return async (request, proceed) => {
    const path = [...left].find((one) => matches(request, one));
    if (path === undefined) return undefined;
    left.delete(path);
    await proceed();
    await sleep(LOST_MILLISECONDS);
    return new Response("<html>bad gateway</html>", { status: 502 });
  };
}

/** What is at the clouds, and in no state. */
async function unknownIds(stack: TestStack): Promise<string[]> {
  const { stdout } = await stack.pulumi(["stack", "export"]);
  const { deployment } = JSON.parse(stdout) as { deployment: { resources: { id?: string }[] } };
  const known = new Set(deployment.resources.map(({ id }) => id));
  return leftBehind(stack).flatMap((one) => {
    const { id = "", name = "" } = one as { id?: string; name?: string };
    // A host's disk goes with it.
    if (id.startsWith("vol-")) return [];
    return [id, name, id.replace(/^parameter/, "")].some((text) => known.has(text)) ? [] : [`${name} ${id}`];
  });
}

async function isSettled(stack: TestStack): Promise<void> {
  stack.newCalls();
  const preview = await stack.pulumi(["preview", "--expect-no-changes"]);
  expect(preview.exitCode, preview.stdout).toBe(0);
  expect(stack.newCalls()).toEqual([]);
}

it("lost answers of tunnel, record, bucket and key are mended by the very same update", async () => {
  const intercept = losingAnswers(/\/cfd_tunnel$/, /\/dns_records$/, /\/r2\/buckets$/, /\/tokens$/);
  const stack = await testStack({ tenants: [bare("acme")], cloudflare: { intercept } });
  const { stdout } = await stack.up();
  expect(stdout).toMatch(/1 more token was minted by attempts whose answer was lost, and revoked/);
  expect(stdout).toMatch(/the tunnel te-test-acme .* was removed/);
  expect(await unknownIds(stack)).toEqual([]);
  await isSettled(stack);
}, 120_000);

/** Of the engine that has the stack's lock. */
function enginePid({ folder }: TestStack): number {
  const locks = join(folder, "state", ".pulumi", "locks");
  const [file = ""] = readdirSync(locks, { recursive: true, encoding: "utf8" }).filter((one) =>
    one.endsWith(".json"),
  );
  return (JSON.parse(readFileSync(join(locks, file), "utf8")) as { pid: number }).pid;
}

/** A stack whose engine is killed, once armed, right after Cloudflare has minted a token for it. */
async function killedAfterMinting(tenant: string): Promise<{ stack: TestStack; arm(): void }> {
  let isArmed = false;
  const stack: TestStack = await testStack({
    tenants: [bare(tenant)],
    cloudflare: {
      intercept: async (request, proceed) => {
        if (!isArmed || !matches(request, /\/tokens$/)) return undefined;
        isArmed = false;
        const answer = await proceed();
        process.kill(enginePid(stack), "SIGKILL");
        return answer;
      },
    },
  });
  return {
    stack,
    arm() {
      isArmed = true;
    },
  };
}

it("an engine killed right after it minted a key: repair says what it was doing, and leaves nothing twice", async () => {
  const { stack, arm } = await killedAfterMinting("acme");
  arm();
  expect(await stack.pulumi(["up", "--yes", "--skip-preview"])).not.toMatchObject({ exitCode: 0 });
  const operations = await operationsOf(stack);
  const { notes } = await operations.plan("repair", {});
  expect(notes).toContain("forget that an update was creating acme-key-1");
  expect(notes).toContain("delete account-token te-test-acme-key-1, which no state has");
  const repaired = await operations.repair({});
  expect(repaired.unlocked).toBe(true);
  expect(repaired.leftovers).toContainEqual(
    expect.objectContaining({ kind: "account-token", tenant: "acme", outcome: "deleted" }),
  );
  expect(repaired.interrupted).toContainEqual(
    expect.objectContaining({ tenant: "acme", name: "acme-key-1", action: "creating" }),
  );
  expect(await operations.repair({})).toEqual({ unlocked: false, interrupted: [], leftovers: [], gone: [] });
  await stack.up();
  expect(await unknownIds(stack)).toEqual([]);
  await isSettled(stack);
}, 120_000);

it("the same operation again does what repair does by itself", async () => {
  const { stack, arm } = await killedAfterMinting("globex");
  await stack.up();
  arm();
  const operations = await operationsOf(stack);
  await expect(operations.enroll({ tenant: "acme", host: false })).rejects.toMatchObject({
    code: "update-failed",
  });
  expect(await operations.enroll({ tenant: "acme", host: false })).toMatchObject({
    hostname: "acme.example.com",
  });
  expect(await unknownIds(stack)).toEqual([]);
  expect(await operations.repair({})).toEqual({ unlocked: false, interrupted: [], leftovers: [], gone: [] });
}, 180_000);

it("what is not ours, or may be in use, is left alone and explained", async () => {
  const stack = await testStack({ tenants: [bare("acme"), bare("globex")] });
  const { cloudflare } = stack.sandbox;
  const foreign = cloudflare.tunnels.create(ACCOUNT_ID, { name: "te-test-acme", config_src: "cloudflare" });
  cloudflare.tunnels.configure(ACCOUNT_ID, foreign.id, { ingress: [{ service: "http_status:404" }] });
  const bucket = cloudflare.buckets.create(ACCOUNT_ID, "default", { name: "te-test-globex" });
  const file = { contentType: "text/plain", metadata: {} };
  cloudflare.objects.put(bucket, "theirs", Buffer.from("x"), file);
  const failed = await stack.pulumi(["up", "--yes", "--skip-preview"]);
  expect(failed.exitCode).not.toBe(0);
  expect(failed.stdout).toMatch(/the tunnel te-test-acme \(\S+\) is there already: it has a configuration/);
  expect(failed.stdout).toMatch(/the bucket te-test-globex is there already: it has objects in it/);
  expect(cloudflare.tunnels.list(ACCOUNT_ID)).toContainEqual(expect.objectContaining({ id: foreign.id }));
  expect(cloudflare.objects.get(bucket, "theirs")).toBeDefined();
  const [, line = ""] =
    /(pulumi import cloudflare:index\/r2Bucket\S* .*?)\. If nobody/.exec(failed.stdout) ?? [];
  const words = line.replaceAll("'", "").split(" ").slice(1);
  const imported = await stack.pulumi([...words, "--yes"]);
  expect(imported.exitCode, imported.stdout + imported.stderr).toBe(0);
  cloudflare.tunnels.delete(ACCOUNT_ID, foreign.id);
  await stack.up();
  expect(cloudflare.objects.get(bucket, "theirs")).toBeDefined();
  expect(await unknownIds(stack)).toEqual([]);
}, 180_000);

it("lost answers of AWS are mended by the same update, or the next", async () => {
  const lost = new Set([
    "ssm:PutParameter",
    "iam:CreateRole",
    "iam:CreateInstanceProfile",
    "ec2:CreateSecurityGroup",
    "ec2:RunInstances",
  ]);
  const stack = await testStack({
    tenants: [bare("globex"), { id: "acme" }],
    aws: {
      async intercept({ operation }, proceed) {
        const answer = await proceed();
        if (lost.delete(operation)) throw new AwsConnectionError("read: connection reset by peer");
        return answer;
      },
    },
  });
  const args = ["up", "--yes", "--skip-preview"];
  let run = await stack.pulumi(args);
  for (let runs = 1; run.exitCode !== 0 && runs < 3; runs += 1) run = await stack.pulumi(args);
  expect(run.exitCode, run.stdout).toBe(0);
  expect(lost.size).toBe(0);
  expect(await unknownIds(stack)).toEqual([]);
  await isSettled(stack);
}, 240_000);
