import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { parseStack } from "../../config/parse.ts";
import { type ResolvedTenant, resolveTenant } from "../../config/tenants.ts";
import { visit } from "../../sandbox/edge/visit.ts";
import { rawStackFile } from "../config/stacks.ts";
import { CHECKOUT, commandLine } from "./commandLine.ts";

/** The tenants of the stack that the commands run on: whoever changes the stack file need not change these tests. */
function stagingTenants(): ResolvedTenant[] {
  const { config } = parseStack(rawStackFile("staging"), "eu-west-1");
  if (config === undefined) throw new Error("Pulumi.staging.yaml is not valid");
  return config.tenants.map((tenant) => resolveTenant(config, tenant));
}

/** Tunnel, configuration and a record for each hostname; bucket and token, and its rules where there are any. */
function callsToCreate({ hostnames, bucket }: ResolvedTenant): number {
  const ofBucket = bucket === undefined ? 0 : bucket.lifecycleRules === undefined ? 2 : 3;
  return 2 + hostnames.length + ofBucket;
}

/** A checkout whose stack file has a typing error. */
function brokenCheckout(): string {
  const checkout = mkdtempSync(join(tmpdir(), "tenant-edge-broken-"));
  onTestFinished(() => rmSync(checkout, { recursive: true, force: true }));
  copyFileSync(join(CHECKOUT, "Pulumi.yaml"), join(checkout, "Pulumi.yaml"));
  writeFileSync(join(checkout, "Pulumi.staging.yaml"), "config:\n  tenant-edge:tenants: [\n");
  return checkout;
}

const gitStatus = () => execFileSync("git", ["status", "--porcelain"], { cwd: CHECKOUT, encoding: "utf8" });

describe("npm start", () => {
  it("creates three tenants, shows that they answer, and that a second run does nothing", async () => {
    const { exitCode, output } = await commandLine().run("start");
    expect(exitCode, output).toBe(0);
    const tenants = stagingTenants();
    for (const { id, hostnames, names, host } of tenants) {
      const shown = new RegExp(
        `${id} .* ${hostnames[0]} .* ${names.tunnel} .* ${host ? "i-[0-9a-f]{17} .* 200 OK" : "none"}`,
      );
      expect(output).toMatch(shown);
    }
    const calls = tenants.reduce((sum, tenant) => sum + callsToCreate(tenant), 0);
    expect(output).toMatch(new RegExp(`first up .* ${calls} Cloudflare calls`));
    expect(output).toMatch(/second up .* 0 Cloudflare calls/);
    expect(output).toMatch(/npm run pulumi -- destroy --yes/);
  });
});

describe("npm run pulumi", () => {
  it("leaves the checkout as it was, whatever is tried, and keeps what was set", async () => {
    const before = gitStatus();
    const stackFile = readFileSync(join(CHECKOUT, "Pulumi.staging.yaml"), "utf8");
    const line = commandLine();
    const set = ["config", "set", "--path", "tenant-edge:tenants[0].displayName", "Somebody else"];
    expect((await line.run("pulumi", ...set)).exitCode).toBe(0);
    expect((await line.run("pulumi", "config", "set", "--secret", "tenant-edge:x", "y")).exitCode).toBe(0);
    expect((await line.run("pulumi", "config", "rm", "tenant-edge:x")).exitCode).toBe(0);
    expect((await line.run("pulumi", "stack", "init", "other")).exitCode).toBe(0);
    expect((await line.run("pulumi", "stack", "select", "staging")).exitCode).toBe(0);
    const { output } = await line.run(
      "pulumi",
      "config",
      "get",
      "--path",
      "tenant-edge:tenants[0].displayName",
    );
    expect(output.trim()).toBe("Somebody else");
    expect(readFileSync(join(CHECKOUT, "Pulumi.staging.yaml"), "utf8")).toBe(stackFile);
    expect(gitStatus()).toBe(before);
  });

  it("refuses a second command on the same sandbox and names the first", async () => {
    const line = commandLine();
    const serve = line.start("sandbox", "serve");
    await serve.printed(/edge +http/);
    // A server is shared ...
    const shared = await line.run("pulumi", "stack", "ls");
    expect(shared.exitCode, shared.output).toBe(0);
    serve.process.kill("SIGINT");
    expect((await serve.ended).exitCode).toBe(0);

    // ... a command is not.
    const first = line.start("pulumi", "up", "--yes", "--skip-preview");
    await first.printed(/creating/);
    const { exitCode, output } = await line.run("pulumi", "stack", "ls");
    expect(exitCode).toBe(1);
    expect(output).toMatch(/in use by `pulumi up --yes --skip-preview` \(process \d+, since/);
    expect((await first.ended).exitCode).toBe(0);
  });

  it("leaves no process behind when it is interrupted, and the next run goes on", async () => {
    const line = commandLine();
    const interrupted = line.start("pulumi", "up", "--yes", "--skip-preview");
    await interrupted.printed(/creating/);
    interrupted.process.kill("SIGINT");
    expect((await interrupted.ended).exitCode).not.toBe(0);
    await vi.waitFor(() => expect(line.processes()).toEqual([]), { timeout: 10_000 });

    const completed = await line.run("pulumi", "up", "--yes", "--skip-preview");
    expect(completed.exitCode, completed.output).toBe(0);
    expect(line.processes()).toEqual([]);
    const destroyed = await line.run("pulumi", "destroy", "--yes", "--skip-preview");
    expect(destroyed.exitCode, destroyed.output).toBe(0);
    expect((await line.run("sandbox", "ls")).output.trim()).toBe("Nothing at Cloudflare, nothing at AWS.");
  });

  it("leaves no process behind when it is killed, and the next run goes on", async () => {
    const line = commandLine();
    const killed = line.start("pulumi", "up", "--yes", "--skip-preview");
    await killed.printed(/creating/);
    killed.process.kill("SIGKILL");
    await killed.ended;
    await vi.waitFor(() => expect(line.processes()).toEqual([]), { timeout: 30_000, interval: 200 });

    const completed = await line.run("pulumi", "up", "--yes", "--skip-preview");
    expect(completed.exitCode, completed.output).toBe(0);
  });

  it("says what is wrong with a stack file that is no YAML", async () => {
    const line = commandLine({ checkout: brokenCheckout() });
    const { exitCode, output } = await line.run("pulumi", "preview");
    expect(exitCode).toBe(1);
    expect(output).toMatch(/^Pulumi\.staging\.yaml is not valid YAML: .* at line \d/);
    expect(output).not.toMatch(/ at .*\.ts:\d+/);
  });

  it("does not run where its arguments lead out of the sandbox", async () => {
    const { exitCode, output } = await commandLine().run("pulumi", "--cwd", "/tmp", "up");
    expect(exitCode).toBe(1);
    expect(output).toMatch(/--cwd/);
  });
});

describe("npm run sandbox", () => {
  it("serves hostnames, lists, counts calls and forgets everything", async () => {
    const line = commandLine();
    expect((await line.run("pulumi", "up", "--yes", "--skip-preview")).exitCode).toBe(0);
    const serve = line.start("sandbox", "serve", "--port", "0");
    const [, edge = ""] = await serve.printed(/edge +(http:\S+)/);
    const tenants = stagingTenants();
    const tenant = tenants.find(({ host }) => host !== undefined);
    const { status, body } = await visit(edge, tenant?.hostnames[0] ?? "");
    expect(status, body).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ tenant: tenant?.id });
    serve.process.kill("SIGTERM");
    expect((await serve.ended).exitCode).toBe(0);

    const list = await line.run("sandbox", "ls");
    expect(list.output).toMatch(new RegExp(`tunnel .*${tenant?.names.tunnel} .*healthy`));
    expect(list.output).toMatch(/ec2:instance/);
    expect((await line.run("sandbox", "calls")).output).toMatch(
      new RegExp(`POST /accounts/:account/cfd_tunnel +│ ${tenants.length}`),
    );
    expect((await line.run("sandbox", "reset")).exitCode).toBe(0);
    expect(existsSync(line.folder)).toBe(false);
    expect((await line.run("sandbox", "ls")).output).toMatch(/Nothing at Cloudflare/);
  });
});
