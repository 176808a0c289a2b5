import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { SecretKind } from "../../sandbox/canaries/secrets.ts";
import { CHECKOUT } from "../../sandbox/session.ts";
import { expectAnswer, leftBehind, type TestStack, testStack } from "./testStack.ts";

const COMMAND = join(CHECKOUT, "bin", "tenant-edge.js");

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

it("a provider's credential is refused in clear, and as a secret of the stack it is in no plain state", async () => {
  const stack = await testStack({ tenants: [] });
  const token = stack.sandbox.env["CLOUDFLARE_API_TOKEN"] ?? "";
  stack.configure({ "cloudflare:apiToken": token });
  const refused = await stack.pulumi(["preview"]);
  expect(refused.exitCode).not.toBe(0);
  expect(refused.stdout).toMatch(
    /in clear; nothing was changed.*cloudflare:apiToken\n.*config set --secret/s,
  );

  // Typed at a terminal it is in no argument.
  stack.canaries.mayShow(/^arguments of pulumi config set /, [SecretKind.DeployToken]);
  await stack.pulumi(["config", "set", "--secret", "cloudflare:apiToken", token]);
  stack.setTenants([{ id: "acme", host: { enabled: false } }]);
  await stack.up();
  expect(stack.search().finds).toEqual([]);
});

it("a state with an empty passphrase is refused before anything is created, and doctor says what to do", async () => {
  const stack = await testStack({ tenants: [{ id: "acme" }], passphrase: "" });
  stack.newCalls();
  for (const command of ["preview", "up"]) {
    const refused = await stack.pulumi([command, ...(command === "up" ? ["--yes", "--skip-preview"] : [])]);
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stdout + refused.stderr).toMatch(
      /Pulumi\.staging\.yaml: the passphrase of its secrets is empty.*nothing was changed.*pulumi stack change-secrets-provider/s,
    );
  }
  expect(stack.newCalls()).toEqual([]);
  expect(leftBehind(stack)).toEqual([]);
  const doctor = await execa(
    process.execPath,
    [COMMAND, "doctor", "--stack", "staging", "--cwd", stack.project],
    {
      env: { ...stack.sandbox.env },
      extendEnv: false,
      reject: false,
    },
  );
  expect(doctor.stdout).toMatch(
    /missing +state: secrets +the passphrase of its secrets is empty.*change-secrets-provider/s,
  );
});

/** By kind: how many there are. */
function secretsOf(stack: TestStack): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of stack.canaries.kinds()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

describe("secrets", () => {
  it("are in no output, plan, log, event log, user data, argument, environment or plain state", async () => {
    const stack = await testStack({ tenants: [{ id: "acme" }] });
    // As much as can be logged: at one more the engine itself logs every value.
    await stack.up("--debug", "--logtostderr", "-v=8");
    await expectAnswer(stack, "acme.example.com", 200);
    const secrets = async () => {
      const { stdout } = await stack.pulumi(["stack", "output", "tenantSecrets", "--show-secrets", "--json"]);
      return (JSON.parse(stdout) as Record<string, Record<string, string>>)["acme"];
    };
    const before = await secrets();

    stack.setTenants([{ id: "acme", tunnelSecretGeneration: 2, bucket: { keyGenerations: [1, 2] } }]);
    const plan = await stack.pulumi(["preview", "--diff"]);
    expect(plan.stdout).toContain("[secret]");
    expect((await stack.pulumi(["preview", "--json"])).exitCode).toBe(0);
    expect((await stack.pulumi(["stack", "export"])).exitCode).toBe(0);
    await stack.up();
    const after = await secrets();
    expect(after?.["connectorToken"]).not.toBe(before?.["connectorToken"]);
    expect(after?.["secretAccessKey"]).not.toBe(before?.["secretAccessKey"]);
    // Connections that are up survive.
    expect((await stack.get("acme.example.com")).status).toBe(200);

    expect(secretsOf(stack)).toMatchObject({
      [SecretKind.TunnelSecret]: 2,
      [SecretKind.ConnectorToken]: 2,
      [SecretKind.Password]: 2,
      [SecretKind.ApiToken]: 2,
      [SecretKind.HostSession]: expect.any(Number),
      // The files of the two keys.
      [SecretKind.Parameter]: 2,
    });
    const { finds, counts } = stack.search();
    expect(finds).toEqual([]);
    const searched = counts.map(({ place }) => place).sort();
    expect(searched).toEqual(["arguments", "clouds", "environment", "files", "stderr", "stdout"]);
  });
});
