import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { renderUserData } from "../../../host/userData.ts";
import { CONNECTOR_EGRESS, EmulatedClouds, type LaunchOptions, PATH, SPEC, until } from "./emulatedClouds.ts";

const GOOD = renderUserData(SPEC);

const writtenFile = z.looseObject({ path: z.string(), content: z.string(), encoding: z.string().optional() });
const cloudConfig = z.looseObject({ write_files: z.array(writtenFile) });

/** The good user data with one change in one of its files, which must hit. */
function changed(name: string, pattern: string | RegExp, replacement: string, text = GOOD): string {
  const document = cloudConfig.parse(parse(text, { version: "1.1" }));
  const file = document.write_files.find(({ path }) => path.endsWith(`/${name}`));
  if (file === undefined) throw new Error(`${name} is not in the user data`);
  const bytes = Buffer.from(file.content, "base64");
  const before = file.encoding === "gz+b64" ? gunzipSync(bytes).toString("utf8") : file.content;
  const after = before.replace(pattern, replacement);
  if (after === before) throw new Error(`${pattern} is not in ${name}`);
  file.content = after;
  file.encoding = "text/plain";
  return `#cloud-config\n${stringify(document, { version: "1.1" })}`;
}

/** The same for the document itself. */
function changedText(pattern: string | RegExp, replacement: string): string {
  const text = GOOD.replace(pattern, replacement);
  if (text === GOOD) throw new Error(`${pattern} is not in the user data`);
  return text;
}

const CONNECTOR = "cloudflared@.service";
const SYNC = "tenant-edge-sync.service";

async function expectFailure(options: LaunchOptions, reason: string | RegExp): Promise<void> {
  const clouds = await EmulatedClouds.start();
  const tunnel = await clouds.tenantParts();
  const report = await clouds.boot(options);
  expect(report.state).toBe("failed");
  expect([report.reason, ...report.units.map((unit) => unit.reason), ...report.log].join("\n")).toMatch(
    reason,
  );
  expect(report.connector).toBeUndefined();
  expect(clouds.cloudflare.tunnels.connectors(tunnel.id)).toEqual([]);
}

describe("a host does not come up, and says why, when its user data", () => {
  it.each<[what: string, userData: string, reason: string | RegExp]>([
    ["has no header", changedText("#cloud-config\n", ""), "its first line must be #cloud-config"],
    ["is no YAML", changedText("write_files:", "write_files: ["), "no valid YAML"],
    ["uses an unknown module", `${GOOD}boot_cmd: [git]\n`, "no cloud-init module for boot_cmd"],
    ["misspells a key", changedText("permissions:", "permission:"), /write_files\.0: .*permission/],
    ["runs what systemd does not know", changedText("- enable\n", "- enabel\n"), "Unknown command verb"],
    [
      "enables a unit that is not there",
      changedText("system/tenant-edge-sync.service", "system/tenant-edge-sink.service"),
      "Unit file tenant-edge-sync.service does not exist",
    ],
    [
      "lacks a script",
      changedText("libexec/tenant-edge/sync\n", "libexec/sync\n"),
      "Failed at step EXEC spawning /usr/local/libexec/tenant-edge/sync: No such file or directory",
    ],
    [
      "has a script that is not executable",
      changedText(/(libexec\/tenant-edge\/sync\n\s*permissions: )"0755"/, '$1"0644"'),
      "tenant-edge/sync: Permission denied",
    ],
    [
      "has a script without an interpreter",
      changed("sync", "#!/bin/bash", "#"),
      "tenant-edge/sync: Exec format error",
    ],
    [
      "has a script with a syntax error",
      changed("sync", "done\n", "\n"),
      /Parse error at 7:1: Expected DONE/,
    ],
    [
      "calls a step that is not there",
      changed("sync", "for step in fetch-secrets", "for step in fetch-secret"),
      "fetch-secret: No such file or directory",
    ],
    [
      "uses a variable that nobody sets",
      changed("fetch-secrets", "$PARAMETERS", "$PARAMETER_NAMES"),
      "PARAMETER_NAMES: unbound variable",
    ],
    [
      "names a wrong checksum",
      changed("host.env", "e6422b9d", "00000000"),
      "does not have the SHA-256 00000000",
    ],
    [
      "names a release that does not exist",
      changed("host.env", "download/2026.10.0", "download/2026.99.0"),
      "error: 404",
    ],
    [
      "fetches over plain HTTP",
      changed("host.env", "https://github.com", "http://github.com"),
      'Protocol "http" disabled',
    ],
    [
      "gives curl a flag that the sandbox does not know",
      changed("install-cloudflared", "--location", "--locations"),
      "Unknown option '--locations'",
    ],
    [
      "asks the AWS command line for something else than the token",
      changed("fetch-secrets", "Parameter.Value", "Parameter.Name"),
      "Provided Tunnel token is not valid",
    ],
    [
      "asks the AWS command line with what is no query",
      changed("fetch-secrets", "Parameter.Value", "Parameter..Value"),
      "Bad value for --query Parameter..Value",
    ],
    [
      "names another architecture's release",
      renderUserData({ ...SPEC, instanceType: "t3.micro" }),
      "cloudflared: Exec format error",
    ],
    ["names another region", changed("host.env", '="eu-west-1"', '="us-east-1"'), "none in region us-east-1"],
    [
      "names a parameter that does not exist",
      changed("host.env", "/tunnel-token", "/token"),
      /AccessDeniedException|ParameterNotFound/,
    ],
    [
      "names another tenant's parameter",
      changed("host.env", "/test/acme/tunnel-token", "/test/globex/tunnel-token"),
      "parameter/tenant-edge/test/globex/tunnel-token because no identity-based policy allows",
    ],
    [
      "gives cloudflared an unknown flag",
      changed(CONNECTOR, "--no-autoupdate", "--no-updates"),
      "Incorrect Usage: flag provided but not defined: -no-updates",
    ],
    [
      "gives run a flag of tunnel",
      changed(CONNECTOR, / --metrics (\S+) (.*) run /, " $2 run --metrics $1 "),
      "flag provided but not defined: -metrics",
    ],
    [
      "loads a credential that is not there",
      changed(CONNECTOR, "secrets/tunnel-token", "secrets/token"),
      "Failed at step CREDENTIALS spawning /usr/local/bin/cloudflared: /run/tenant-edge/secrets/token",
    ],
    [
      "lets the connector read the token where only root may",
      changed(CONNECTOR, "--token-file %d/token", "--token-file /run/tenant-edge/secrets/tunnel-token"),
      "tunnel-token: Permission denied",
    ],
    [
      "keeps the sync from installing cloudflared",
      changed(SYNC, "ReadWritePaths=/usr/local/bin\n", ""),
      "cloudflared.fresh: Read-only file system",
    ],
    [
      "lets the sync run as nobody",
      changed(SYNC, "Type=oneshot", "Type=oneshot\nUser=nobody"),
      "ermission denied",
    ],
    [
      "lets the sync run as a user that nobody makes",
      changed(SYNC, "Type=oneshot", "Type=oneshot\nUser=sync"),
      "there is no user sync",
    ],
    [
      "denies the sync the metadata service",
      changed(SYNC, "NoNewPrivileges=yes", "IPAddressDeny=link-local"),
      "Unable to locate credentials: operation not permitted: IPAddressDeny=",
    ],
    [
      "gives a file to a user that is not made yet",
      changedText(
        "path: /etc/tenant-edge/host.env\n",
        "path: /etc/tenant-edge/host.env\n  owner: tenant-app\n",
      ),
      "Unknown user or group: tenant-app",
    ],
    [
      "has a setting that systemd does not know",
      changed(SYNC, "TimeoutStartSec=1h", "TimeoutStartSeconds=1h"),
      "Unknown key name 'TimeoutStartSeconds' in section 'Service'",
    ],
    [
      "gives the connector a network of its own",
      changed(CONNECTOR, "NoNewPrivileges=yes", "PrivateNetwork=yes"),
      "PrivateNetwork=yes leaves the service the loopback interface",
    ],
    [
      "lets the connector open no IPv4 sockets",
      changed(CONNECTOR, "AF_INET AF_INET6 AF_UNIX", "AF_INET6 AF_UNIX"),
      /Failed to dial .*RestrictAddressFamilies= is without AF_INET/,
    ],
    [
      "drops the connector's packets",
      changed(CONNECTOR, "NoNewPrivileges=yes", "IPAddressDeny=any"),
      "IPAddressDeny= keeps the service from",
    ],
    [
      "wants the edge over IPv6",
      changed(CONNECTOR, "--edge-ip-version 4", "--edge-ip-version 6"),
      "--edge-ip-version 6, and the subnet is IPv4 only",
    ],
    ["has a broken unit", changed(SYNC, "[Service]", "[Service"), "bad unit file setting"],
    [
      "has two main processes",
      changed(CONNECTOR, "Type=notify", "Type=notify\nExecStart=/bin/true"),
      "more than one ExecStart=",
    ],
  ])("%s", (_, userData, reason) => expectFailure({ userData }, reason));
});

describe("a host does not come up, and says why, when", () => {
  it("its role has no policy", () =>
    expectFailure(
      { readable: [] },
      /AccessDeniedException.*no identity-based policy allows the ssm:GetParameters action/,
    ));

  it("its role may read the bucket's credentials only", () =>
    expectFailure({ readable: ["bucket-environment"] }, /AccessDeniedException.*tunnel-token/));

  it("its metadata service is switched off", () =>
    expectFailure({ httpEndpoint: "disabled" }, "metadata service is switched off"));

  it("its security group lets nothing out to the tunnel's port", () =>
    expectFailure(
      { egress: CONNECTOR_EGRESS.filter(({ toPort }) => toPort !== 7844) },
      /no egress to 198\.41\.192\.0\/24 on port 7844 \(udp or tcp\)/,
    ));

  it("its security group lets no HTTPS out", () =>
    expectFailure({ egress: CONNECTOR_EGRESS.filter(({ toPort }) => toPort !== 443) }, /port 443 \(tcp\)/));

  it("its VPC resolves no names", async () => {
    const clouds = await EmulatedClouds.start();
    await clouds.tenantParts();
    await clouds.resolveNames(false);
    expect(await clouds.boot()).toMatchObject({
      state: "failed",
      reason: expect.stringMatching(/enableDnsSupport is false/),
    });
  });

  it("its protocol is QUIC and UDP is closed", () =>
    expectFailure(
      {
        userData: changed(CONNECTOR, "--protocol auto", "--protocol quic"),
        egress: CONNECTOR_EGRESS.filter(({ protocol }) => protocol !== "udp"),
      },
      /port 7844 \(udp\)/,
    ));

  it("its subnet has no route to the Internet", async () => {
    const clouds = await EmulatedClouds.start();
    await clouds.tenantParts();
    const report = await clouds.boot({ subnetId: await clouds.createSubnet("10.200.99.0/24") });
    expect(report).toMatchObject({
      state: "failed",
      reason: expect.stringContaining("has no route to 0.0.0.0/0"),
    });
  });

  it("its NAT gateway is gone", async () => {
    const clouds = await EmulatedClouds.start();
    await clouds.tenantParts();
    const { NatGateways: [gateway] = [] } = await clouds.aws.call("ec2:DescribeNatGateways", {});
    await clouds.aws.call("ec2:DeleteNatGateway", { NatGatewayId: gateway?.NatGatewayId });
    const report = await clouds.boot();
    expect(report).toMatchObject({ state: "failed", reason: expect.stringContaining("has a black hole") });
  });

  it("nothing answers where SSM should be", async () => {
    const clouds = await EmulatedClouds.start();
    await clouds.tenantParts();
    await clouds.hosts.stop();
    const instanceId = await clouds.run();
    const hosts = clouds.newHosts("http://127.0.0.1:1");
    hosts.start();
    await until(() => hosts.report(instanceId) !== undefined);
    await hosts.settled();
    await hosts.stop();
    expect(hosts.report(instanceId)?.reason).toContain("Could not connect to the endpoint URL");
  });

  it("its token is of a secret that the tunnel no longer has", async () => {
    const clouds = await EmulatedClouds.start();
    const tunnel = await clouds.tenantParts();
    clouds.rotateSecret(tunnel);
    const report = await clouds.boot();
    expect(report).toMatchObject({
      state: "failed",
      reason: expect.stringContaining("Unauthorized: Invalid tunnel secret"),
    });
  });

  it("its token is none", async () => {
    const clouds = await EmulatedClouds.start();
    await clouds.tenantParts();
    await clouds.parameter(`${PATH}/tunnel-token`, "nonsense");
    expect(await clouds.boot()).toMatchObject({
      state: "failed",
      reason: expect.stringContaining("Provided Tunnel token is not valid."),
    });
  });

  it("a service fails too often in too short a time", async () => {
    const clouds = await EmulatedClouds.start();
    const tunnel = await clouds.tenantParts();
    const userData = changed(CONNECTOR, "StartLimitIntervalSec=0", "StartLimitIntervalSec=1h");
    clouds.rotateSecret(tunnel);
    const broken = changed(CONNECTOR, "--no-autoupdate", "--no-updates", userData);
    const { instanceId } = await clouds.boot({ userData: broken });
    // It would stop the connector that it could not start.
    const sync = ["tenant-edge-sync.timer", "tenant-edge-sync.service"];
    await clouds.hosts.systemctl(instanceId, ["stop", ...sync]);
    await clouds.hosts.restart(instanceId, "cloudflared@20241");
    expect(clouds.report(instanceId).units).toContainEqual({
      name: "cloudflared@20241.service",
      state: "failed",
      reason: expect.stringContaining("Start request repeated too quickly."),
    });
  });

  it("its connector needs longer than its unit allows", async () => {
    const clouds = await EmulatedClouds.start();
    const tunnel = await clouds.tenantParts();
    clouds.rotateSecret(tunnel);
    const report = await clouds.boot({
      userData: changed(CONNECTOR, "TimeoutStartSec=120", "TimeoutStartSec=15"),
    });
    const log = report.log.join("\n");
    expect(log).toContain("start operation timed out. Terminating.");
    expect(log).toContain("Job for cloudflared@20241.service failed because a timeout was exceeded.");
  });
});

describe("a host whose security group opens one region of the tunnel's edge", () => {
  it("comes up with half of its connections, and says what is missing", async () => {
    const clouds = await EmulatedClouds.start();
    const tunnel = await clouds.tenantParts();
    const egress = CONNECTOR_EGRESS.map((rule) => ({
      ...rule,
      cidrBlocks: (rule.cidrBlocks ?? []).filter((block) => block !== "198.41.200.0/24"),
    }));
    const report = await clouds.boot({ egress });
    const { tunnels } = clouds.cloudflare;
    expect(report.state).toBe("running");
    expect(tunnels.connectors(tunnel.id).map(({ connections }) => connections.length)).toEqual([2]);
    expect(tunnels.status(tunnels.requireLive(tunnel.accountId, tunnel.id))).toBe("degraded");
    expect(report.log.join("\n")).toMatch(/2 connections are missing: .*no egress to 198\.41\.200\.0\/24/);
  });
});
