/** A further stack for an environment, made by the real engine. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { execa } from "execa";
import { expect, it, onTestFinished } from "vitest";
import { parse, stringify } from "yaml";
import { ErrorCode } from "../../operations/errors.ts";
import { addShard } from "../../operations/shards/addShard.ts";
import { SecretKind } from "../../sandbox/canaries/secrets.ts";
import { CHECKOUT } from "../../sandbox/session.ts";
import { ACCOUNT_ID, type TestStack, testStack } from "./testStack.ts";

const COMMAND = join(CHECKOUT, "bin", "tenant-edge.js");
const TOKEN = "cloudflare:apiToken";

/** A stack whose list is shared, and whose token is encrypted. */
async function stackWithToken(): Promise<TestStack> {
  const stack = await testStack({
    tenants: [{ id: "acme", host: { enabled: false } }],
    storageBucket: "team",
  });
  const endpoint = `${stack.sandbox.env["TENANT_EDGE_R2_ENDPOINT"]}/${ACCOUNT_ID}`;
  stack.configure({
    "tenant-edge:tenantList": `s3://team/lists?endpoint=${encodeURIComponent(endpoint)}&region=auto`,
  });
  stack.canaries.mayShow(/^arguments of pulumi config set /, [SecretKind.DeployToken]);
  stack.canaries.mayShow(/^stdout of pulumi config get /, [SecretKind.DeployToken]);
  await stack.pulumi(["config", "set", "--secret", TOKEN, stack.sandbox.env["CLOUDFLARE_API_TOKEN"] ?? ""]);
  return stack;
}

function command({ project, sandbox }: TestStack, ...args: string[]) {
  return execa(process.execPath, [COMMAND, "add-shard", "--env", "test", ...args], {
    cwd: project,
    env: { ...sandbox.env },
    extendEnv: false,
    reject: false,
  });
}

const fileOf = ({ project }: TestStack, name: string) => join(project, `Pulumi.${name}.yaml`);

async function stacks(stack: TestStack): Promise<string[]> {
  const { stdout } = await stack.pulumi(["stack", "ls", "--json"]);
  return (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name).sort();
}

it("has the settings of the stack it is like, its secrets, and an empty list; the engine takes it as any other", async () => {
  const stack = await stackWithToken();
  const before = readFileSync(fileOf(stack, "staging"), "utf8");
  const planned = await command(stack, "--dry-run");
  expect(planned.exitCode, planned.stderr).toBe(0);
  expect(planned.stdout).toMatch(
    /^Pulumi\.staging-2\.yaml would be written: .* like staging, .*network +that of staging\n.*\nconfig:\n.*Nothing was written\.$/s,
  );
  expect(planned.stdout).not.toMatch(/secure|encryptionsalt/);
  expect(await stacks(stack)).toEqual(["staging"]);

  const added = await command(stack, "--json");
  expect(added.exitCode, added.stderr).toBe(0);
  expect(JSON.parse(added.stdout)).toMatchObject({
    stack: "staging-2",
    like: "staging",
    networkOf: "staging",
    secrets: [TOKEN],
    sharedList: "s3://team/lists/staging-2.yaml",
    written: true,
  });
  expect(readFileSync(fileOf(stack, "staging"), "utf8")).toBe(before);
  expect(await stacks(stack)).toEqual(["staging", "staging-2"]);
  const [old, own] = ["staging", "staging-2"].map(
    (name) => parse(readFileSync(fileOf(stack, name), "utf8")).config,
  );
  expect(own).toEqual({
    ...old,
    [TOKEN]: { secure: expect.stringMatching(/^v1:/) },
    "tenant-edge:network": { stack: "staging" },
    "tenant-edge:tenants": [],
  });
  // Encrypted anew: the same text would be a copy.
  expect(own[TOKEN].secure).not.toBe(old[TOKEN].secure);

  const token = await stack.pulumi(["config", "get", TOKEN, "--stack", "staging-2"]);
  expect(token.stdout.trim()).toBe(stack.sandbox.env["CLOUDFLARE_API_TOKEN"]);
  const preview = await stack.pulumi(["preview", "--stack", "staging-2"]);
  expect(preview.exitCode, preview.stdout).toBe(0);
  const audit = readFileSync(join(stack.project, ".tenant-edge/audit.jsonl"), "utf8").trim().split("\n");
  expect(audit.map((line) => JSON.parse(line))).toMatchObject([
    { operation: "addShard", stack: "staging-2", surface: "cli", phase: "started" },
    { operation: "addShard", stack: "staging-2", phase: "finished", outcome: "succeeded" },
  ]);
  // It is not the one that the next command without --stack works on.
  expect((await stack.pulumi(["stack", "--show-name"])).stdout.trim()).toBe("staging");
});

it("leaves nothing behind when the engine refuses, and no stack is made over another", async () => {
  const stack = await stackWithToken();
  const env = { ...stack.sandbox.env };
  const add = (options: object) =>
    addShard({ directory: stack.project, environment: "test", env, ...options });
  const state = await stacks(stack);
  await expect(add({ env: { ...env, PULUMI_CONFIG_PASSPHRASE: "another one" } })).rejects.toMatchObject({
    code: ErrorCode.UpdateFailed,
    message: expect.stringMatching(
      /^The stack staging-2 could not be made; nothing was changed:\n.*passphrase/s,
    ),
  });
  // The engine has made the stack when it finds that out.
  stack.configure({ "cloudflare:email": { secure: "v1:bm9uY2U=:bm90aGluZw==" } });
  await expect(add({})).rejects.toMatchObject({ code: ErrorCode.UpdateFailed });
  expect(await stacks(stack)).toEqual(state);
  stack.configure({ "cloudflare:email": undefined });
  await expect(add({ region: "us-east-1", name: "../x" })).rejects.toMatchObject({
    code: ErrorCode.InvalidInput,
    problems: [{ path: "name (--name)" }, { path: "imageId (--image)" }],
  });
  await stack.pulumi(["stack", "init", "elsewhere", "--no-select", "--secrets-provider", "passphrase"]);
  await expect(add({ name: "elsewhere" })).rejects.toMatchObject({ code: ErrorCode.NameTaken });
  await expect(add({ name: "staging" })).rejects.toMatchObject({ code: ErrorCode.NameTaken });
  expect(await stacks(stack)).toEqual([...state, "elsewhere"].sort());
  expect(existsSync(fileOf(stack, "staging-2"))).toBe(false);
});

/** As much of AWS KMS as the engine asks: what is encrypted is the text itself behind a mark. */
async function keyService(): Promise<string> {
  const server = createServer(async (request, response) => {
    const { KeyId, Plaintext = "", CiphertextBlob = "" } = (await json(request)) as Record<string, string>;
    const isEncrypt = request.headers["x-amz-target"] === "TrentService.Encrypt";
    const answer = isEncrypt
      ? { KeyId, CiphertextBlob: Buffer.from(`sealed ${Plaintext}`).toString("base64") }
      : { KeyId, Plaintext: Buffer.from(CiphertextBlob, "base64").toString().replace("sealed ", "") };
    response.setHeader("content-type", "application/x-amz-json-1.1").end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it("like a stack that a key service encrypts, it has a key of its own from that service", async () => {
  const stack = await testStack({ tenants: [] });
  const env = { AWS_ENDPOINT_URL_KMS: await keyService() };
  const provider = "awskms://alias/tenant-edge?region=eu-west-1";
  const init = await stack.pulumi(
    ["stack", "init", "kms", "--no-select", "--secrets-provider", provider],
    env,
  );
  expect(init.exitCode, init.stderr).toBe(0);
  const { config } = parse(readFileSync(fileOf(stack, "staging"), "utf8")) as { config: object };
  const like = { ...parse(readFileSync(fileOf(stack, "kms"), "utf8")), config };
  writeFileSync(fileOf(stack, "kms"), stringify(like));
  await stack.pulumi(["config", "set", "--secret", "aws:token", "a-session", "--stack", "kms"], env);

  const added = await addShard({
    directory: stack.project,
    environment: "test",
    like: "kms",
    env: { ...stack.sandbox.env, ...env, PULUMI_CONFIG_PASSPHRASE: undefined },
  });
  expect(added).toMatchObject({ stack: "kms-2", secrets: ["aws:token"] });
  const file = parse(readFileSync(fileOf(stack, "kms-2"), "utf8"));
  expect(file).toMatchObject({ secretsprovider: provider, encryptedkey: expect.any(String) });
  expect(file.encryptedkey).not.toBe(like.encryptedkey);
  const token = await stack.pulumi(["config", "get", "aws:token", "--stack", "kms-2"], env);
  expect(token.stdout.trim()).toBe("a-session");
});
