/** The command `tenant-edge` as a process of its own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { SecretKind } from "../../sandbox/canaries/secrets.ts";
import { permissionGroupByName } from "../../sandbox/cloudflare/permissionGroups.ts";
import { CHECKOUT } from "../../sandbox/session.ts";
import { commandLine } from "./commandLine.ts";
import { ACCOUNT_ID, leftBehind, type TestStack, testStack } from "./testStack.ts";

const COMMAND = join(CHECKOUT, "bin", "tenant-edge.js");

interface Printed {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
  /** The document that it printed; empty when it was none. */
  json: Record<string, unknown>;
}

/** Runs commands on the stack, and keeps what they printed to stderr. */
function commandOn({ project, sandbox }: TestStack) {
  const log: string[] = [];
  const run = async (args: string, env: Record<string, string> = {}): Promise<Printed> => {
    const { exitCode, stdout, stderr } = await execa(process.execPath, [COMMAND, ...args.split(" ")], {
      cwd: project,
      env: { ...sandbox.env, TENANT_EDGE_STACK: "staging", TENANT_EDGE_ACTOR: "alice", ...env },
      extendEnv: false,
      reject: false,
    });
    log.push(stderr);
    const json = stdout.startsWith("{") ? (JSON.parse(stdout) as Record<string, unknown>) : {};
    return { exitCode, stdout, stderr, json };
  };
  /** Fails the test when it does not succeed. */
  const done = async (args: string): Promise<Record<string, unknown>> => {
    const printed = await run(`${args} --json`);
    expect(printed.exitCode, printed.stderr).toBe(0);
    return printed.json;
  };
  return { log, run, done };
}

const stackFile = ({ project }: TestStack) => readFileSync(join(project, "Pulumi.staging.yaml"), "utf8");

it("a tenant's life by the command: enrolled, rotated, disabled, enabled, removed, and nothing left", async () => {
  const stack = await testStack({ tenants: [] });
  const { log, run, done } = commandOn(stack);
  expect(await done("list")).toMatchObject({ environment: "test", tenants: [] });

  const listed = stackFile(stack);
  const planned = await run("enroll acme --no-host --dry-run");
  expect(planned, planned.stderr).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/acme +│ create │ cloudflare ZeroTrustTunnelCloudflared /),
  });
  expect(planned.stdout).not.toContain("tenant-edge Tenant");
  const unasked = await run("enroll acme --no-host");
  expect(unasked).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("--yes") });
  // The engine writes the salt of its encryption into the file.
  expect(stackFile(stack).replace(/^encryptionsalt: .*\n/m, "")).toBe(listed);
  expect(leftBehind(stack)).toEqual([]);

  const enrolled = await done("enroll acme --no-host --yes --show-secrets");
  expect(enrolled).toMatchObject({ tenant: "acme", created: true, bucket: "te-test-acme", keyGeneration: 1 });
  const { tunnelToken, secretAccessKey } = enrolled as Record<string, string>;
  expect(await done("enroll acme --no-host --yes --show-secrets")).toEqual({ ...enrolled, created: false });
  expect(await run("enroll acme --no-host --subdomain other --yes")).toMatchObject({ exitCode: 4 });

  expect(await done("status acme")).toMatchObject({ state: "active", lastHealthCheck: null });
  expect(await done("status acme --probe")).toMatchObject({
    condition: "Error",
    lastHealthCheck: expect.stringMatching(/Z$/),
  });
  expect(await run("status nobody --json")).toMatchObject({
    exitCode: 3,
    json: { error: { code: "tenant-not-found" } },
  });

  const hidden = await run("token acme");
  expect(hidden).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("--show-secrets") });
  expect(hidden.stdout).toContain("[secret]");
  expect(hidden.stdout).not.toContain(tunnelToken);
  expect(await done("token acme --show-secrets")).toMatchObject({ token: tunnelToken });

  const rotated = await done("rotate-keys acme --to 2 --overlap-hours 0 --yes --show-secrets");
  expect(rotated).toMatchObject({ keyGenerations: [2], revoked: [1], oldKeysUntil: null });
  const tunnel = await done("rotate-tunnel acme --yes --show-secrets");
  expect(tunnel).toMatchObject({ tunnelId: enrolled["tunnelId"], tunnelSecretGeneration: 2 });
  expect(tunnel["token"]).not.toBe(tunnelToken);

  expect(await done("disable acme --retention-days 7 --yes")).toMatchObject({ state: "disabled" });
  expect(await run("remove acme --yes")).toMatchObject({
    exitCode: 4,
    stderr: expect.stringContaining("--purge"),
  });
  expect(await done("enable acme --yes")).toMatchObject({ keyGeneration: 3, secretAccessKey: "[secret]" });
  const removed = await done("remove acme --purge --yes");
  expect(removed).toMatchObject({ state: "absent", changed: true });
  expect(await done("list")).toMatchObject({ tenants: [] });
  expect(leftBehind(stack)).toEqual([]);

  const { updates, audit } = await done("history --limit 100");
  expect(updates).toContainEqual(expect.objectContaining({ message: "add key 2 of acme" }));
  for (const operation of ["enroll", "token", "rotateKeys", "rotateTunnel", "disable", "enable", "remove"]) {
    expect(audit).toContainEqual(
      expect.objectContaining({ actor: "alice", operation, tenants: ["acme"], outcome: "succeeded" }),
    );
  }
  const said = log.join("\n");
  expect(said).toMatch(/updating staging/);
  const secrets = [tunnelToken, secretAccessKey, rotated["secretAccessKey"], tunnel["token"]];
  for (const secret of secrets) expect(said).not.toContain(secret);
}, 300_000);

describe("tenant-edge doctor", () => {
  it("finds everything well, and names what is missing: a permission, a readable stack file", async () => {
    const stack = await testStack({ tenants: [{ id: "acme" }] });
    const { run } = commandOn(stack);
    const well = await run("doctor --json");
    expect(well.exitCode, well.stdout + well.stderr).toBe(0);
    expect(JSON.stringify(well.json["findings"])).not.toContain('"missing"');

    const groups = ["Account API Tokens Write", "Workers R2 Storage Write"];
    const { value } = stack.sandbox.cloudflare.tokens.create(ACCOUNT_ID, {
      name: "weak",
      policies: [
        {
          effect: "allow",
          permission_groups: groups.map((name) => ({ id: permissionGroupByName(name).id })),
          resources: { [`com.cloudflare.api.account.${ACCOUNT_ID}`]: "*" },
        },
      ],
    });
    stack.canaries.add(SecretKind.DeployToken, value);
    const weak = await run("doctor", { CLOUDFLARE_API_TOKEN: value });
    expect(weak.exitCode, weak.stdout).toBe(7);
    expect(weak.stdout).toMatch(
      /missing +Cloudflare: permissions +Cloudflare Tunnel Write, DNS Write are missing/,
    );
    expect(weak.stdout + weak.stderr).not.toContain(value);

    const file = stackFile(stack);
    writeFileSync(
      join(stack.project, "Pulumi.staging.yaml"),
      file.replace("id: acme", "id: ACME\n      hostnme: a"),
    );
    const wrong = await run("doctor");
    expect(wrong.exitCode).toBe(7);
    expect(wrong.stdout).toMatch(/missing +project: tenants/);
    expect(wrong.stdout).toMatch(/ok +Cloudflare: token/);
    expect(wrong.stdout).toContain("hostnme");
    writeFileSync(join(stack.project, "Pulumi.staging.yaml"), `${file}  broken: [\n`);
    const broken = await run("doctor");
    expect(broken.exitCode).toBe(7);
    expect(broken.stdout).toMatch(
      /missing +project: stack file of staging +Pulumi.staging.yaml is not valid YAML/,
    );
  });
});

describe("npm run tenant-edge", () => {
  it("runs on the sandbox's own stack", async () => {
    const line = commandLine();
    const { exitCode, output } = await line.shell("npm run --silent tenant-edge -- list");
    expect(exitCode, output).toBe(0);
    expect(output).toMatch(/stack +staging/);
  });

  it("acts for whoever calls it, also where another process serves the sandbox", async () => {
    const line = commandLine();
    const serve = line.start("sandbox", "serve", "--port", "0");
    await serve.printed(/edge +(http:\S+)/);
    const refused = await line.shell(
      "TENANT_EDGE_ACTOR=alice npm run --silent tenant-edge -- token nobody --show-secrets",
    );
    expect(refused).toMatchObject({ exitCode: 3, output: expect.stringContaining("nobody") });
    const audit = readFileSync(join(line.folder, "project/.tenant-edge/audit.jsonl"), "utf8");
    expect(audit).toMatch(/"actor":"alice","operation":"token"/);
    serve.process.kill("SIGTERM");
    expect((await serve.ended).exitCode).toBe(0);
  });
});

it("ends quietly when its reader has gone, as `head` does", async () => {
  const child = spawn(process.execPath, [COMMAND, "help"], { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  const [said, [exitCode]] = await Promise.all([text(child.stderr), once(child, "close")]);
  expect({ said, exitCode }).toEqual({ said: "", exitCode: 0 });
});
