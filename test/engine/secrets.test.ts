import { describe, expect, it } from "vitest";
import { expectAnswer, leftBehind, type TestStack, testStack } from "./testStack.ts";

describe("before anything is created", () => {
  it("all mistakes of a stack file are shown, and no call is made", async () => {
    const stack = await testStack({ tenants: [{ id: "Acme" }, { id: "api" }, { id: "ok", hots: {} }] });
    stack.newCalls();
    const refused = await stack.pulumi(["up", "--yes", "--skip-preview"]);
    expect(refused.exitCode).not.toBe(0);
    const output = refused.stdout + refused.stderr;
    expect(output).toMatch(
      /Pulumi\.staging\.yaml has 3 problems; nothing was changed.*tenants\[0\]\.id.*tenants\[2\]\.hots.*did you mean host\?.*tenants\[1\]\.id/s,
    );
    expect(output).not.toMatch(/at .*\.ts:\d+/);
    expect(stack.newCalls()).toEqual([]);
    expect(leftBehind(stack)).toEqual([]);
  });
});

it("an encrypted value in the stack file is refused: it would stand in clear in user data", async () => {
  const stack = await testStack({ tenants: [{ id: "acme" }] });
  const path = "tenant-edge:tenants[0].host.environment.DB_PASSWORD";
  await stack.pulumi(["config", "set", "--secret", "--path", path, "hunter2-canary"]);
  const refused = await stack.pulumi(["up", "--yes", "--skip-preview"]);
  expect(refused.exitCode).not.toBe(0);
  const output = refused.stdout + refused.stderr;
  expect(output).toMatch(/tenant-edge:tenants\n +found +an encrypted value/);
  expect(output).not.toContain("hunter2-canary");
  expect(leftBehind(stack)).toEqual([]);
});

/** Every secret text in the stack's state, in clear. */
async function secretsInState(stack: TestStack): Promise<Set<string>> {
  const { stdout } = await stack.pulumi(["stack", "export", "--show-secrets"]);
  const texts = new Set<string>();
  const collect = (value: unknown): void => {
    if (typeof value === "string") texts.add(value);
    else if (typeof value === "object" && value !== null) Object.values(value).forEach(collect);
  };
  JSON.parse(stdout, (_, value: unknown) => {
    const plaintext: unknown =
      typeof value === "object" && value !== null ? Reflect.get(value, "plaintext") : undefined;
    if (typeof plaintext === "string") collect(JSON.parse(plaintext));
    return value;
  });
  return texts;
}

describe("secrets", () => {
  it("are in no output, plan, user data or plain state, and rotate when their generation is raised", async () => {
    const stack = await testStack({ tenants: [{ id: "acme" }] });
    const first = await stack.up();
    await expectAnswer(stack, "acme.example.com", 200);
    const secrets = async () => {
      const { stdout } = await stack.pulumi(["stack", "output", "tenantSecrets", "--show-secrets", "--json"]);
      return (JSON.parse(stdout) as Record<string, Record<string, string>>)["acme"];
    };
    const before = await secrets();

    stack.setTenants([{ id: "acme", tunnelSecretGeneration: 2 }]);
    const plan = await stack.pulumi(["preview", "--diff"]);
    const state = await stack.pulumi(["stack", "export"]);
    const [host] = stack.sandbox.aws.runningInstances();
    const log = stack.sandbox.hosts.all().flatMap(({ log }) => log);
    // What the endpoint and the bucket are called is in the credentials, too, and no secret.
    const open = /^(?:https:.*|auto|te-test-acme|[0-9a-f]{32})$/;
    const canaries = [...(await secretsInState(stack))].filter((text) => text.length > 8 && !open.test(text));
    // Password and hash, tunnel secret, connector token, token value, S3 secret key, and the two parameters.
    expect(canaries.length).toBeGreaterThanOrEqual(7);
    for (const text of [first.stdout, plan.stdout, state.stdout, host?.userData ?? "", log.join("\n")]) {
      expect(text).not.toBe("");
      for (const canary of canaries) expect(text).not.toContain(canary);
    }

    await stack.up();
    const after = await secrets();
    expect(after?.["connectorToken"]).not.toBe(before?.["connectorToken"]);
    expect(after?.["secretAccessKey"]).toBe(before?.["secretAccessKey"]);
    // Connections that are up survive.
    expect((await stack.get("acme.example.com")).status).toBe(200);
  });
});
