/** What `tenant-edge doctor` finds, against emulated clouds. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { awsChecks } from "../../cli/doctor/aws.ts";
import { engineError } from "../../cli/doctor/backend.ts";
import { type Check, type Finding, missing, ok } from "../../cli/doctor/check.ts";
import { cloudflareChecks } from "../../cli/doctor/cloudflare.ts";
import { findingsText } from "../../cli/doctor/doctorCommand.ts";
import { machineChecks } from "../../cli/doctor/machine.ts";
import { projectChecks, readProject } from "../../cli/doctor/project.ts";
import { runChecks } from "../../cli/doctor/runChecks.ts";
import { storageChecks } from "../../cli/doctor/storage.ts";
import { ApiBudget } from "../../clients/apiBudget.ts";
import { AwsClients } from "../../clients/awsClients.ts";
import { CloudflareApi } from "../../clients/cloudflareApi.ts";
import { stackSchema } from "../../config/schema.ts";
import { deployerCredentials } from "../../sandbox/aws/credentials.ts";
import { permissionGroupByName } from "../../sandbox/cloudflare/permissionGroups.ts";
import { endpointOf, newAws, newInstance, newNetwork, newProfile } from "../sandbox/aws/fixture.ts";
import { ACCOUNT, type Served, startCloud, ZONE } from "../sandbox/cloudflare/serve.ts";

const { signal } = new AbortController();

const settings = stackSchema.parse({
  environment: "prod",
  cloudflare: { accountId: ACCOUNT, zoneId: ZONE, zoneName: "example.com" },
  limits: { tunnels: 2, dnsRecords: 10 },
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "tenant-edge-doctor-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** By check: its state and detail in one text. */
function byCheck(findings: readonly Finding[]): Record<string, string> {
  return Object.fromEntries(findings.map(({ check, state, detail }) => [check, `${state}: ${detail}`]));
}

async function cloudflare(served: Served, apiToken: string | undefined, changed = settings) {
  const api = new CloudflareApi({ apiToken, baseUrl: `${served.origin}/client/v4` }, new ApiBudget());
  return runChecks([cloudflareChecks(api, changed)], signal);
}

describe("Cloudflare", () => {
  it("is well with the token that deploys, and counts what is in use", async () => {
    const served = await startCloud();
    served.cloud.tunnels.create(ACCOUNT, { name: "one", configSrc: "cloudflare" } as never);
    const found = byCheck(await cloudflare(served, served.token));
    expect(found).toMatchObject({
      token: "ok: active",
      permissions: "ok: all that deploying needs",
      zone: "ok: example.com, active",
      tunnels: "ok: 1 of 2 in use",
      "DNS records": "ok: 0 of 10 in use",
      buckets: "ok: can be read",
    });
    expect(found["API calls"]).toMatch(/^ok: 9[45]\d of 960 left of what we make in 300 s$/);
    served.cloud.tunnels.create(ACCOUNT, { name: "two", configSrc: "cloudflare" } as never);
    expect(byCheck(await cloudflare(served, served.token))["tunnels"]).toBe("missing: 2 of 2 in use");
  });

  it("names the permission that is missing", async () => {
    const served = await startCloud();
    const groups = ["Cloudflare Tunnel Read", "Account API Tokens Write"].map(permissionGroupByName);
    const { value } = served.cloud.tokens.create(ACCOUNT, {
      name: "weak",
      policies: [
        {
          effect: "allow",
          permission_groups: groups.map(({ id }) => ({ id })),
          resources: { [`com.cloudflare.api.account.${ACCOUNT}`]: "*" },
        },
      ],
    });
    const findings = await cloudflare(served, value);
    expect(byCheck(findings)).toMatchObject({
      permissions: "missing: Cloudflare Tunnel Write, DNS Write, Workers R2 Storage Write are missing",
      "DNS records": "missing: the token may not read them",
      buckets: "missing: the token may not read them",
      zone: "warning: example.com cannot be looked at",
    });
    expect(findings.find(({ check }) => check === "buckets")?.ways[0]).toContain(
      "Add Workers R2 Storage Write to it.",
    );
    expect(JSON.stringify(findings)).not.toContain(value);
  });

  it("stops at a token that is none, or that is missing", async () => {
    const served = await startCloud();
    const wrong = await cloudflare(served, "x".repeat(40));
    expect(byCheck(wrong)).toEqual({ token: `missing: it is no token of the account ${ACCOUNT}` });
    expect(byCheck(await cloudflare(served, undefined))).toEqual({ token: "missing: there is none" });
  });

  it("notices another zone, and an account without R2", async () => {
    const served = await startCloud({
      intercept: (request) =>
        new URL(request.url).pathname.endsWith("/r2/buckets")
          ? Response.json(
              {
                success: false,
                errors: [{ code: 10042, message: "Please enable R2" }],
                messages: [],
                result: null,
              },
              { status: 403 },
            )
          : undefined,
    });
    const other = { ...settings, cloudflare: { ...settings.cloudflare, zoneName: "example.org" } };
    expect(byCheck(await cloudflare(served, served.token, other))).toMatchObject({
      zone: `missing: ${ZONE} is example.com, not example.org`,
      buckets: "missing: R2 is not enabled",
    });
  });
});

describe("AWS", () => {
  const project = { region: "eu-west-1", environment: "prod", allowedAccounts: [] as string[] };
  const clients = (
    endpoint: string,
    keys: { accessKeyId: string; secretAccessKey: string; sessionToken?: string },
  ) =>
    new AwsClients("eu-west-1", {
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      ...(keys.sessionToken !== undefined && { AWS_SESSION_TOKEN: keys.sessionToken }),
    });

  it("is well with the deployer's credentials, of the right account", async () => {
    const endpoint = await endpointOf(newAws());
    const run = async (allowedAccounts: string[]) =>
      byCheck(
        await runChecks(
          [awsChecks(clients(endpoint, deployerCredentials), { ...project, allowedAccounts })],
          signal,
        ),
      );
    const found = await run(["123456789012"]);
    expect(Object.keys(found)).toHaveLength(5);
    for (const finding of Object.values(found)) expect(finding).toMatch(/^ok: /);
    expect(found["credentials"]).toContain("123456789012");
    expect(await run(["999999999999"])).toEqual({
      credentials: "missing: they are of account 123456789012, and aws:allowedAccountIds has 999999999999",
    });
  });

  it("names the action that is not allowed", async () => {
    const aws = newAws();
    await newProfile(aws, "host-a", []);
    const keys = aws.credentialsFor(await newInstance(aws, await newNetwork(aws), "host-a"));
    if (keys === undefined) throw new Error("no credentials");
    const findings = await runChecks([awsChecks(clients(await endpointOf(aws), keys), project)], signal);
    expect(byCheck(findings)).toMatchObject({
      "ec2:DescribeInstances": "missing: not allowed",
      "ssm:DescribeParameters": "missing: not allowed",
      "iam:GetRole": "missing: not allowed",
    });
    expect(findings.find(({ check }) => check === "iam:GetRole")?.ways[0]).toContain("docs/aws-access.md");
  });

  it("stops at credentials that are wrong", async () => {
    const endpoint = await endpointOf(newAws());
    const wrong = { accessKeyId: "AKIAWRONG", secretAccessKey: "wrong" };
    const findings = await runChecks([awsChecks(clients(endpoint, wrong), project)], signal);
    expect(byCheck(findings)).toEqual({ credentials: "missing: AWS answers InvalidClientTokenId" });
  });
});

describe("this machine and its files", () => {
  it("knows an engine and a Node that are too old, and that there is none", async () => {
    const path = folder();
    const engine = (version: string) =>
      writeFileSync(join(path, "pulumi"), `#!/bin/sh\necho ${version}\n`, { mode: 0o755 });
    const run = async (node?: string) =>
      byCheck(await runChecks([machineChecks({ PATH: path }, node)], signal));
    expect(await run("22.17.1")).toEqual({
      Node: "missing: 22.17.1 is too old",
      "Pulumi engine": "missing: there is no pulumi on the PATH",
    });
    engine("v3.99.0");
    expect(await run("22.18.0")).toEqual({
      Node: "ok: 22.18.0",
      "Pulumi engine": "missing: 3.99.0 is too old",
    });
    engine("v3.245.0");
    expect((await run())["Pulumi engine"]).toBe("ok: 3.245.0");
  });

  it("lists the problems of a stack file", async () => {
    const path = folder();
    writeFileSync(join(path, "Pulumi.yaml"), "name: x\n");
    writeFileSync(
      join(path, "Pulumi.prod.yaml"),
      "config:\n  tenant-edge:environment: PROD\n  aws:region: eu-west-1\n",
    );
    const project = await readProject(path, "prod", {}, signal);
    const [, file] = await runChecks([projectChecks(project)], signal);
    expect(file).toMatchObject({ check: "stack file of prod", state: "missing" });
    expect(file?.ways.join("\n")).toContain("tenant-edge:environment: found");
    expect((await readProject(path, "none", {}, signal)).verdict.state).toBe("missing");
  });

  it("tries to write where data is kept", async () => {
    const path = folder();
    const run = async (env: NodeJS.ProcessEnv) =>
      byCheck(await runChecks([storageChecks(path, env)], signal));
    expect((await run({}))["data (TENANT_EDGE_DATA)"]).toMatch(/^ok: .* can be written$/);
    writeFileSync(join(path, "file"), "");
    expect((await run({ TENANT_EDGE_DATA: join(path, "file/below") }))["data (TENANT_EDGE_DATA)"]).toMatch(
      /^missing: /,
    );
    expect((await run({ TENANT_EDGE_AUDIT: "ftp://x" }))["audit (TENANT_EDGE_AUDIT)"]).toMatch(/^missing: /);
  });

  it("takes only the engine's own words from what it printed", () => {
    const printed =
      'code: 255\n stdout: {"secret":"hunter2"}\n stderr: error: incorrect passphrase\n err?: Error';
    expect(engineError(new Error(printed))).toBe("incorrect passphrase");
  });
});

describe("the frame", () => {
  it("does not wait for what never answers, and leaves out what depends on what is missing", async () => {
    const never: Check = { name: "never", run: () => new Promise(() => {}) };
    const well: Check = { name: "well", run: () => ok("fine") };
    const findings = await runChecks(
      [
        { name: "slow", checks: [never, well], timeout: 20 },
        { name: "blocked", first: { name: "first", run: () => missing("no", "do this") }, checks: [well] },
        {
          name: "broken",
          checks: [{ name: "throws", run: () => Promise.reject(new Error("one\ntwo\u001B[1m")) }],
        },
      ],
      signal,
    );
    expect(findings.map(({ group, check, state, detail }) => [group, check, state, detail])).toEqual([
      ["slow", "never", "missing", "no answer within 0.02 s"],
      ["slow", "well", "ok", "fine"],
      ["blocked", "first", "missing", "no"],
      ["broken", "throws", "missing", "one"],
    ]);
    const plain = Object.assign((text: unknown) => String(text), {});
    const colours = { green: plain, yellow: plain, red: plain } as unknown as Parameters<
      typeof findingsText
    >[1];
    expect(findingsText(findings, colours)).toContain("missing  blocked: first  no\n           - do this");
  });
});
