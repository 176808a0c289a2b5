import { describe, expect, it } from "vitest";
import { changes, expectAnswer, testStack } from "./testStack.ts";

/** What an account has when nothing of ours is left. */
function leftBehind(stack: Awaited<ReturnType<typeof testStack>>): unknown[] {
  const { cloudflare, aws } = stack.sandbox;
  return [
    ...cloudflare.tunnels.list().filter(({ deletedAt }) => deletedAt === null),
    ...cloudflare.zones.list().flatMap(({ id }) => cloudflare.records.list(id)),
    ...cloudflare.accounts.list().flatMap(({ id }) => cloudflare.buckets.list(id)),
    ...cloudflare.accounts
      .list()
      .flatMap(({ id }) => cloudflare.tokens.list(id))
      .filter(({ name }) => name !== "deploy"),
    ...aws.inventory(),
  ];
}

describe.concurrent("a stack", () => {
  it("creates tenants that answer, changes nothing when run again, and leaves nothing behind", async () => {
    const stack = await testStack({
      tenants: [
        { id: "acme" },
        { id: "globex", routes: [{ path: "^/socket", service: "http://localhost:9000" }] },
      ],
    });

    await stack.up();
    expect(stack.newCalls()).toHaveLength(2 * 5);
    const body = JSON.parse(await expectAnswer(stack, "acme.example.com", 200)) as Record<string, unknown>;
    expect(body).toMatchObject({ tenant: "acme", service: "http://localhost:8080" });
    await expectAnswer(stack, "globex.example.com", 200);
    expect(JSON.parse((await stack.get("globex.example.com", "/socket/1")).body)).toMatchObject({
      service: "http://localhost:9000",
    });
    const { tenants } = await stack.outputs();
    expect(tenants?.["acme"]).toMatchObject({
      hostname: "acme.example.com",
      url: "https://acme.example.com/",
      tunnelName: "te-test-acme",
      bucket: "te-test-acme",
      parameterNames: ["/tenant-edge/test/acme/tunnel-token", "/tenant-edge/test/acme/bucket-environment"],
    });

    stack.newCalls();
    await stack.up("--expect-no-changes");
    const preview = await stack.pulumi(["preview", "--expect-no-changes"]);
    expect(preview.exitCode, preview.stdout).toBe(0);
    expect(stack.newCalls()).toEqual([]);

    const refresh = await stack.pulumi(["refresh", "--yes", "--skip-preview", "--expect-no-changes"]);
    expect(refresh.exitCode, refresh.stdout).toBe(0);

    stack.newCalls();
    const destroy = await stack.pulumi(["destroy", "--yes", "--skip-preview"]);
    expect(destroy.exitCode, destroy.stdout).toBe(0);
    expect(stack.newCalls()).toHaveLength(2 * 4);
    expect(leftBehind(stack)).toEqual([]);
  });

  it("touches one tenant's resources alone when one tenant changes, is added or goes", async () => {
    const tenants = [{ id: "acme" }, { id: "globex" }];
    const stack = await testStack({ tenants });
    await stack.up();
    stack.newCalls();

    stack.setTenants([{ id: "acme", origin: { service: "http://localhost:3000" } }, { id: "globex" }]);
    const changed = await stack.up();
    expect(changes(changed)).toEqual({ updated: 1 });
    expect(stack.newCalls()).toEqual(["PUT /accounts/:accountId/cfd_tunnel/:tunnelId/configurations"]);

    stack.setTenants([...tenants, { id: "initech" }]);
    const added = await stack.up();
    expect(changes(added)).toMatchObject({ updated: 1 });
    expect(added.stdout).not.toMatch(/globex/);
    await expectAnswer(stack, "initech.example.com", 200);

    stack.setTenants(tenants);
    const removed = await stack.up();
    expect(Object.keys(changes(removed))).toEqual(["deleted"]);
    expect(removed.stdout).not.toMatch(/globex|acme/);
    expect((await stack.get("initech.example.com")).status).not.toBe(200);
    await expectAnswer(stack, "globex.example.com", 200);
  });

  it("does without hosts and their network when no tenant has one, and without buckets", async () => {
    const stack = await testStack({
      tenants: [
        { id: "umbrella", host: { enabled: false } },
        { id: "initech", host: { enabled: false }, bucket: { enabled: false } },
      ],
    });
    await stack.up();
    expect(stack.newCalls()).toHaveLength(5 + 3);
    expect(stack.sandbox.aws.inventory().map(({ id }) => id)).toEqual(
      [
        "/tenant-edge/test/umbrella/tunnel-token",
        "/tenant-edge/test/umbrella/bucket-environment",
        "/tenant-edge/test/initech/tunnel-token",
      ].sort(),
    );
    const { exitCode, stdout } = await stack.pulumi([
      "stack",
      "output",
      "tenantSecrets",
      "--show-secrets",
      "--json",
    ]);
    expect(exitCode).toBe(0);
    const secrets = JSON.parse(stdout) as Record<string, { connectorToken: string }>;
    // The customer's own connector takes the token.
    stack.sandbox.cloudflare.tunnels.connect(secrets["umbrella"]?.connectorToken ?? "", {
      id: "11111111-1111-4111-8111-111111111111",
      version: "2026.10.0",
      arch: "linux_amd64",
      originIp: "198.51.100.7",
    });
    expect((await stack.outputs())["tenants"]?.["umbrella"]?.["instanceIds"]).toEqual([]);
  });

  it("goes without running the program, too", async () => {
    const stack = await testStack({ tenants: [{ id: "acme" }] });
    await stack.up();
    await expectAnswer(stack, "acme.example.com", 200);
    const destroy = await stack.pulumi(["destroy", "--yes", "--skip-preview"], {
      PULUMI_RUN_PROGRAM: "false",
    });
    expect(destroy.exitCode, destroy.stdout).toBe(0);
    expect(leftBehind(stack)).toEqual([]);
  });
});

describe.concurrent("a destroy", () => {
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
    const [bucket] = buckets.list("0123456789abcdef0123456789abcdef");
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
    expect(stack.sandbox.cloudflare.buckets.list("0123456789abcdef0123456789abcdef")).toHaveLength(1);
  });
});

describe.concurrent("before anything is created", () => {
  it("all mistakes of a stack file are shown, and no call is made", async () => {
    const stack = await testStack({ tenants: [{ id: "Acme" }, { id: "api" }, { id: "ok", hots: {} }] });
    stack.newCalls();
    const refused = await stack.pulumi(["up", "--yes", "--skip-preview"]);
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stdout + refused.stderr).toMatch(
      /Pulumi\.staging\.yaml has 3 problems; nothing was changed.*tenants\[0\]\.id.*tenants\[2\]\.hots.*did you mean host\?.*tenants\[1\]\.id/s,
    );
    expect(refused.stdout + refused.stderr).not.toMatch(/at .*\.ts:\d+/);
    expect(stack.newCalls()).toEqual([]);
    expect(leftBehind(stack)).toEqual([]);
  });
});

describe.concurrent("secrets", () => {
  it("are in no output, plan or plain state, and rotate when their generation is raised", async () => {
    const stack = await testStack({ tenants: [{ id: "acme" }] });
    const first = await stack.up();
    await expectAnswer(stack, "acme.example.com", 200);
    const tokenOf = async () => {
      const { stdout } = await stack.pulumi(["stack", "output", "tenantSecrets", "--show-secrets", "--json"]);
      return (JSON.parse(stdout) as Record<string, { connectorToken: string; secretAccessKey: string }>)[
        "acme"
      ];
    };
    const before = await tokenOf();
    if (before === undefined) throw new Error("no secrets");
    const tunnelSecret = (
      JSON.parse(Buffer.from(before.connectorToken, "base64").toString()) as { s: string }
    ).s;

    stack.setTenants([{ id: "acme", tunnelSecretGeneration: 2 }]);
    const plan = await stack.pulumi(["preview", "--diff"]);
    const state = await stack.pulumi(["stack", "export"]);
    for (const canary of [before.connectorToken, before.secretAccessKey, tunnelSecret]) {
      expect(canary.length).toBeGreaterThan(30);
      for (const text of [first.stdout, plan.stdout, state.stdout]) expect(text).not.toContain(canary);
    }

    await stack.up();
    const after = await tokenOf();
    expect(after?.connectorToken).not.toBe(before.connectorToken);
    expect(after?.secretAccessKey).toBe(before.secretAccessKey);
    // Connections that are up survive.
    expect((await stack.get("acme.example.com")).status).toBe(200);
  });
});
