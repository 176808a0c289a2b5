import { describe, expect, it } from "vitest";
import { changes, expectAnswer, leaving, leftBehind, testStack, touched } from "./testStack.ts";

describe("a stack", () => {
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
    const stack = await testStack({ tenants: [{ id: "acme" }, { id: "globex" }] });
    await stack.up();
    stack.newCalls();

    const moved = [{ id: "acme", origin: { service: "http://localhost:3000" } }, { id: "globex" }];
    stack.setTenants(moved);
    const changed = await stack.up();
    expect(changes(changed)).toEqual({ updated: 1 });
    expect(stack.newCalls()).toEqual(["PUT /accounts/:account/cfd_tunnel/:tunnel/configurations"]);

    stack.setTenants([...moved, { id: "initech" }]);
    const added = await stack.up();
    expect(touched(added)).toEqual(["initech"]);
    await expectAnswer(stack, "initech.example.com", 200);

    const [disabled, removed] = await stack.letGo("initech");
    expect(Object.keys(changes(removed))).toEqual(["deleted"]);
    for (const update of [disabled, removed]) expect(touched(update)).toEqual(["initech"]);
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
    expect(
      stack.sandbox.aws
        .inventory()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(
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

  it("explains a hostname that two tenants exchange, and takes it in two steps", async () => {
    const alone = { host: { enabled: false }, bucket: { enabled: false } };
    const stack = await testStack({ tenants: [leaving({ id: "acme", ...alone })] });
    await stack.up();
    const heir = { id: "heir", subdomain: "acme", ...alone };
    stack.setTenants([heir]);
    const refused = await stack.pulumi(["up", "--yes", "--skip-preview"]);
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stdout).toMatch(
      /the record CNAME acme\.example\.com .* is there already: .*If another tenant/,
    );
    // Acme goes, and the heir, which is half there and must not be lost either, waits with a name of its own.
    stack.setTenants([{ ...heir, subdomain: "heir" }]);
    await stack.up();
    stack.setTenants([heir]);
    await stack.up();
  });

  it("can move to other availability zones, its hosts with it", async () => {
    const zones = (...availabilityZones: string[]) => ({ "tenant-edge:network": { availabilityZones } });
    const stack = await testStack({ tenants: [{ id: "acme" }], settings: zones("eu-west-1a", "eu-west-1b") });
    await stack.up();
    stack.configure(zones("eu-west-1b", "eu-west-1c"));
    await stack.up();
    await expectAnswer(stack, "acme.example.com", 200);
    stack.configure(zones("eu-west-1c"));
    await stack.up();
    await expectAnswer(stack, "acme.example.com", 200);
    const [host] = stack.sandbox.aws.runningInstances();
    expect(host?.availabilityZone).toBe("eu-west-1c");
  });

  it("is not destroyed at all without its program, which has to wait and to explain", async () => {
    const stack = await testStack({ tenants: [{ id: "acme" }] });
    await stack.up();
    const destroy = await stack.pulumi(["destroy", "--yes", "--skip-preview"], {
      PULUMI_RUN_PROGRAM: "false",
    });
    expect(destroy.exitCode).not.toBe(0);
    expect(`${destroy.stdout}${destroy.stderr}`).toMatch(/--run-program/);
    await expectAnswer(stack, "acme.example.com", 200);
    const again = await stack.pulumi(["destroy", "--yes", "--skip-preview", "--run-program"]);
    expect(again.exitCode, again.stdout).toBe(0);
    expect(leftBehind(stack)).toEqual([]);
  });
});
