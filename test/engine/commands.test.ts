import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { CHECKOUT, commandLine } from "./commandLine.ts";

const gitStatus = () => execFileSync("git", ["status", "--porcelain"], { cwd: CHECKOUT, encoding: "utf8" });

describe("npm start", () => {
  it("creates three tenants, shows that they answer, and that a second run does nothing", async () => {
    const { exitCode, output } = await commandLine().run("start");
    expect(exitCode, output).toBe(0);
    for (const tenant of ["acme", "globex", "initech"]) {
      expect(output).toMatch(new RegExp(`${tenant} .* te-staging-${tenant} .* i-[0-9a-f]{17} .* 200 OK`));
    }
    // 5 for acme, 6 for globex with its second hostname, 3 for initech without a bucket.
    expect(output).toMatch(/first up .* 14 Cloudflare calls/);
    expect(output).toMatch(/second up .* 0 Cloudflare calls/);
    expect(output).toMatch(/npm run pulumi -- destroy --yes/);
  });
});

describe("npm run pulumi", () => {
  it("leaves the checkout as it was, whatever is tried, and keeps what was set", async () => {
    const before = gitStatus();
    const stackFile = readFileSync(join(CHECKOUT, "Pulumi.staging.yaml"), "utf8");
    const line = commandLine();
    const set = ["config", "set", "--path", "tenant-edge:tenants[2].displayName", "Initech"];
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
      "tenant-edge:tenants[2].displayName",
    );
    expect(output.trim()).toBe("Initech");
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
    const curl = await line.shell(`curl -s -H 'Host: staging-acme.example.com' ${edge}/`);
    expect(JSON.parse(curl.output)).toMatchObject({ tenant: "acme" });
    serve.process.kill("SIGTERM");
    expect((await serve.ended).exitCode).toBe(0);

    const list = await line.run("sandbox", "ls");
    expect(list.output).toMatch(/tunnel .*te-staging-acme .*healthy/);
    expect(list.output).toMatch(/ec2:instance/);
    expect((await line.run("sandbox", "calls")).output).toMatch(/POST \/accounts\/:account\/cfd_tunnel +│ 3/);
    expect((await line.run("sandbox", "reset")).exitCode).toBe(0);
    expect(existsSync(line.folder)).toBe(false);
    expect((await line.run("sandbox", "ls")).output).toMatch(/Nothing at Cloudflare/);
  });
});
