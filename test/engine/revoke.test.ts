/** What SECURITY.md says against a theft: the command is run, and then what was stolen does not work any more. */
import { join } from "node:path";
import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { execa } from "execa";
import { expect, it, onTestFinished, vi } from "vitest";
import { s3Endpoint } from "../../bucket/credentials.ts";
import { r2ClientSettings } from "../../bucket/r2Endpoint.ts";
import { CHECKOUT } from "../../sandbox/session.ts";
import { send } from "../service/testService.ts";
import { connectElsewhere } from "./operations.ts";
import { mintToken, serveStack } from "./servedStack.ts";
import { ACCOUNT_ID, expectAnswer, type TestStack, testStack } from "./testStack.ts";

interface Stolen {
  connectorToken: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/** The command as SECURITY.md has it, without its stack. */
async function tenantEdge(stack: TestStack, ...args: string[]): Promise<void> {
  const command = [join(CHECKOUT, "bin/tenant-edge.js"), ...args];
  const { exitCode, stdout, stderr } = await execa(process.execPath, command, {
    cwd: stack.project,
    env: { ...stack.sandbox.env, TENANT_EDGE_STACK: "staging" },
    extendEnv: false,
    reject: false,
  });
  expect(exitCode, `${stdout}\n${stderr}`).toBe(0);
}

/** What a thief finds on the tenant's host, or where a customer keeps it. */
async function steal(stack: TestStack, tenant: string): Promise<Stolen> {
  const { stdout } = await stack.pulumi(["stack", "output", "tenantSecrets", "--show-secrets", "--json"]);
  const stolen = (JSON.parse(stdout) as Record<string, Stolen>)[tenant];
  if (stolen === undefined) throw new Error(`the stack has no secrets of ${tenant}`);
  return stolen;
}

/** The status with which the bucket answers the stolen key. */
async function bucketStatus(
  { sandbox }: TestStack,
  Bucket: string,
  { accessKeyId, secretAccessKey }: Stolen,
): Promise<number | undefined> {
  const client = new S3Client({
    ...r2ClientSettings(s3Endpoint(ACCOUNT_ID, "default"), { ...sandbox.env }),
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
  });
  onTestFinished(() => client.destroy());
  const answer = await client.send(new ListObjectsV2Command({ Bucket })).catch((error: unknown) => error);
  return (answer as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}

function connectors({ sandbox }: TestStack): string[] {
  const [tunnel] = sandbox.cloudflare.tunnels.list();
  return sandbox.cloudflare.tunnels
    .connectors(tunnel?.id ?? "")
    .filter(({ disconnectedAt }) => disconnectedAt === undefined)
    .map(({ id }) => id);
}

const THIEF = "11111111-2222-4333-8444-555555555555";
/** R2 knows the key no more. */
const KEY_REFUSED = 401;
const CONNECT_REFUSED = "Unauthorized: Invalid tunnel secret";

it("a stolen tunnel token, and a stolen key of a bucket, of a customer who runs cloudflared", async () => {
  const stack = await testStack({ tenants: [{ id: "acme", host: { enabled: false } }] });
  await stack.up();
  const stolen = await steal(stack, "acme");
  connectElsewhere(stack, stolen.connectorToken, THIEF);
  expect(connectors(stack)).toEqual([THIEF]);
  expect(await bucketStatus(stack, "te-test-acme", stolen)).toBe(200);

  await tenantEdge(stack, "rotate-tunnel", "acme", "--drop-connections", "--yes");
  expect(connectors(stack)).toEqual([]);
  expect(() => connectElsewhere(stack, stolen.connectorToken, THIEF)).toThrow(CONNECT_REFUSED);

  await tenantEdge(stack, "rotate-keys", "acme", "--overlap-hours", "0", "--yes");
  expect(await bucketStatus(stack, "te-test-acme", stolen)).toBe(KEY_REFUSED);
  expect(await bucketStatus(stack, "te-test-acme", await steal(stack, "acme"))).toBe(200);
});

it("a stolen host, with the credentials of its role", async () => {
  const stack = await testStack({ tenants: [{ id: "acme" }] });
  await stack.up();
  await expectAnswer(stack, "acme.example.com", 200);
  const stolen = await steal(stack, "acme");
  const [host] = stack.sandbox.aws.runningInstances();
  const session = await vi.waitFor(() => {
    const credentials = stack.sandbox.aws.credentialsFor(host?.instanceId ?? "");
    if (credentials === undefined) throw new Error("the host has no credentials");
    return credentials;
  });
  const ssm = new SSMClient({
    region: "eu-west-1",
    endpoint: stack.sandbox.env["AWS_ENDPOINT_URL"] ?? "",
    credentials: session,
    maxAttempts: 1,
  });
  onTestFinished(() => ssm.destroy());
  const read = () =>
    ssm.send(new GetParameterCommand({ Name: "/tenant-edge/test/acme/tunnel-token", WithDecryption: true }));
  expect((await read()).Parameter?.Value).toContain(stolen.connectorToken);
  expect(await bucketStatus(stack, "te-test-acme", stolen)).toBe(200);

  await tenantEdge(stack, "disable", "acme", "--yes");
  expect(stack.sandbox.aws.runningInstances()).toEqual([]);
  await expect(read()).rejects.toMatchObject({ $metadata: { httpStatusCode: expect.toSatisfy(isRefusal) } });
  expect(await bucketStatus(stack, "te-test-acme", stolen)).toBe(KEY_REFUSED);
  expect(connectors(stack)).toEqual([]);
  expect(() => connectElsewhere(stack, stolen.connectorToken, THIEF)).toThrow(CONNECT_REFUSED);

  await tenantEdge(stack, "enable", "acme", "--yes");
  await expectAnswer(stack, "acme.example.com", 200);
  expect(await bucketStatus(stack, "te-test-acme", stolen)).toBe(KEY_REFUSED);
  expect(() => connectElsewhere(stack, stolen.connectorToken, THIEF)).toThrow(CONNECT_REFUSED);
});

const isRefusal = (status: unknown) => status === 400 || status === 403;

it("a stolen token of the service", async () => {
  const stack = await testStack({ tenants: [] });
  const token = await mintToken(stack);
  const { url } = await serveStack(stack);
  const status = async () => (await send(url, "GET /v1/history", { token })).status;
  expect(await status()).toBe(200);
  await tenantEdge(stack, "service-token", "test", "--revoke", "--file", join(stack.project, "tokens.yaml"));
  await vi.waitFor(async () => expect(await status()).toBe(401), { timeout: 10_000, interval: 100 });
});

it("a stolen laptop, with the passphrase of the state", async () => {
  const stack = await testStack({ tenants: [{ id: "acme", host: { enabled: false } }] });
  await stack.up();
  const read = (passphrase: string | undefined) =>
    stack.pulumi(
      ["stack", "output", "tenantSecrets", "--show-secrets", "--json"],
      passphrase === undefined ? {} : { PULUMI_CONFIG_PASSPHRASE: passphrase },
    );
  expect((await read(undefined)).exitCode).toBe(0);
  await execa("pulumi", ["stack", "change-secrets-provider", "passphrase"], {
    cwd: stack.project,
    env: { ...stack.sandbox.env },
    extendEnv: false,
    input: "another one\n",
    preferLocal: true,
  });
  expect((await read(undefined)).exitCode).not.toBe(0);
  expect((await read("another one")).exitCode).toBe(0);
});
