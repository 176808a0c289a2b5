import { describe, expect, it } from "vitest";
import { CONNECTOR_EGRESS } from "../../../host/egress.ts";
import { renderUserData } from "../../../host/userData.ts";
import { EmulatedClouds, type LaunchOptions, PATH, SPEC, until } from "./emulatedClouds.ts";

const GOOD = renderUserData(SPEC);

/** The good user data with one change, which must hit. */
function changed(pattern: string | RegExp, replacement: string): string {
  const text = GOOD.replace(pattern, replacement);
  if (text === GOOD) throw new Error(`${pattern} is not in the user data`);
  return text;
}

async function expectFailure(options: LaunchOptions, reason: string | RegExp): Promise<void> {
  const clouds = await EmulatedClouds.start();
  const tunnel = await clouds.tenantParts();
  const report = await clouds.boot(options);
  expect(report.state).toBe("failed");
  expect(report.reason).toMatch(reason);
  expect(report.connector).toBeUndefined();
  expect(clouds.cloudflare.tunnels.connectors(tunnel.id)).toEqual([]);
}

describe("a host does not come up, and says why, when its user data", () => {
  it.each<[what: string, userData: string, reason: string | RegExp]>([
    ["has no header", changed("#cloud-config\n", ""), "its first line must be #cloud-config"],
    ["is no YAML", changed("write_files:", "write_files: ["), "no valid YAML"],
    ["uses an unknown module", `${GOOD}packages: [git]\n`, "no cloud-init module for packages"],
    ["misspells a key", changed("permissions:", "permission:"), /write_files\.0: .*permission/],
    [
      "runs what nobody understands",
      changed("daemon-reload", "mask"),
      'does not understand "systemctl mask"',
    ],
    [
      "enables a unit that is not there",
      changed("system/cloudflared.service", "system/tunnel.service"),
      "Unit file cloudflared.service does not exist",
    ],
    [
      "lacks a script",
      changed("libexec/tenant-edge/fetch-parameter\n", "libexec/fetch-parameter\n"),
      "fetch-parameter: No such file or directory",
    ],
    [
      "has a script that is not executable",
      changed('"0755"', '"0644"'),
      "install-cloudflared: Permission denied",
    ],
    [
      "has a script without an interpreter",
      changed("#!/bin/sh", "#"),
      "install-cloudflared: Exec format error",
    ],
    [
      "has a script with a syntax error",
      changed("  exit 0\n      fi", "  exit 0\n"),
      /install-cloudflared: .*[Ss]yntax error/,
    ],
    [
      "has a script with other arguments",
      changed("Usage: fetch-parameter REGION NAME", "Usage: fetch-parameter NAME REGION"),
      'takes "NAME REGION FILE OWNER"',
    ],
    [
      "leaves out an argument",
      changed(" /run/cloudflared/token cloudflared", " /run/cloudflared/token"),
      "3 arguments instead of",
    ],
    [
      "names a wrong checksum",
      changed("e6422b9d", "00000000"),
      "does not have the expected SHA-256 00000000",
    ],
    [
      "names a release that does not exist",
      changed("download/2026.10.0", "download/2026.99.0"),
      "error: 404",
    ],
    [
      "names another architecture's release",
      renderUserData({ ...SPEC, instanceType: "t3.micro" }),
      "cloudflared: Exec format error",
    ],
    [
      "names another region",
      changed("fetch-parameter eu-west-1", "fetch-parameter us-east-1"),
      "none in region us-east-1",
    ],
    [
      "names a parameter that does not exist",
      changed("/tunnel-token", "/token"),
      /AccessDeniedException|ParameterNotFound/,
    ],
    [
      "names another tenant's parameter",
      changed("/test/acme/tunnel-token", "/test/globex/tunnel-token"),
      "parameter/tenant-edge/test/globex/tunnel-token because no identity-based policy allows",
    ],
    [
      "gives cloudflared an unknown flag",
      changed("--no-autoupdate", "--no-updates"),
      "Incorrect Usage: flag provided but not defined: -no-updates",
    ],
    [
      "gives run a flag of tunnel",
      changed(/ --metrics (\S+) (.*) run /, " $2 run --metrics $1 "),
      "flag provided but not defined: -metrics",
    ],
    [
      "has a file that cloudflared may not read",
      changed("token cloudflared\n", "token root\n"),
      "Failed to read token file: open /run/cloudflared/token: Permission denied",
    ],
    [
      "has no directory for the token",
      changed("RuntimeDirectory=cloudflared", "Environment=A=b"),
      "cannot create /run/cloudflared/token: No such file or directory",
    ],
    [
      "installs as cloudflared's user",
      changed("+/usr/local/libexec/tenant-edge/install", "/usr/local/libexec/tenant-edge/install"),
      "/usr/local/bin/cloudflared: Permission denied",
    ],
    [
      "runs as a user that nobody makes",
      changed("User=cloudflared", "User=tunnel"),
      "there is no user tunnel",
    ],
    [
      "gives a file to a user that is not made yet",
      changed('"0644"', '"0644"\n    owner: cloudflared'),
      "Unknown user or group: cloudflared",
    ],
    [
      "has a setting that systemd does not know",
      changed("RestartSec=5", "RestartSeconds=5"),
      "Unknown key name 'RestartSeconds' in section 'Service'",
    ],
    [
      "gives the connector a network of its own",
      changed("NoNewPrivileges=yes", "PrivateNetwork=yes"),
      "PrivateNetwork=yes leaves the service the loopback interface",
    ],
    [
      "lets the connector open no IPv4 sockets",
      changed("AF_INET AF_INET6 AF_UNIX", "AF_INET6 AF_UNIX"),
      /Failed to dial .*RestrictAddressFamilies= is without AF_INET/,
    ],
    [
      "drops the connector's packets",
      changed("NoNewPrivileges=yes", "IPAddressDeny=any"),
      "IPAddressDeny= keeps the service from",
    ],
    [
      "wants the edge over IPv6",
      changed("--edge-ip-version 4", "--edge-ip-version 6"),
      "--edge-ip-version 6, and the subnet is IPv4 only",
    ],
    ["has a broken unit", changed("[Service]", "[Service"), "Invalid section header"],
    [
      "has two main processes",
      changed("Type=notify", "Type=notify\n      ExecStart=/bin/true"),
      "more than one ExecStart=",
    ],
  ])("%s", (_, userData, reason) => expectFailure({ userData }, reason));
});

describe("a host does not come up, and says why, when", () => {
  it("its role has no policy", () =>
    expectFailure(
      { readable: [] },
      /AccessDeniedException.*no identity-based policy allows the ssm:GetParameter action/,
    ));

  it("its role may read the bucket's credentials only", () =>
    expectFailure({ readable: ["bucket-environment"] }, /tunnel-token: .*AccessDeniedException/));

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
        userData: changed("--loglevel info", "--loglevel info --protocol quic"),
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
      units: expect.arrayContaining([
        expect.objectContaining({ name: "cloudflared.service", state: "activating" }),
      ]),
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
    await clouds.tenantParts();
    const userData = changed("StartLimitIntervalSec=0", "StartLimitIntervalSec=1h").replace(
      "e6422b9d",
      "00000000",
    );
    expect(await clouds.boot({ userData })).toMatchObject({
      state: "failed",
      reason: expect.stringContaining("Start request repeated too quickly."),
      units: expect.arrayContaining([
        expect.objectContaining({ name: "cloudflared.service", state: "failed" }),
      ]),
    });
  });

  it("its connector needs longer than its unit allows", async () => {
    const clouds = await EmulatedClouds.start();
    const tunnel = await clouds.tenantParts();
    clouds.rotateSecret(tunnel);
    const report = await clouds.boot({ userData: changed("TimeoutStartSec=0", "TimeoutStartSec=15") });
    expect(report.log.join("\n")).toContain("start operation timed out. Terminating.");
  });
});

describe("a host whose security group opens one region of the tunnel's edge", () => {
  it("comes up with half of its connections, and says what is missing", async () => {
    const clouds = await EmulatedClouds.start();
    const tunnel = await clouds.tenantParts();
    const egress = CONNECTOR_EGRESS.map((rule) => ({
      ...rule,
      cidrBlocks: rule.cidrBlocks.filter((block) => block !== "198.41.200.0/24"),
    }));
    const report = await clouds.boot({ egress });
    const { tunnels } = clouds.cloudflare;
    expect(report.state).toBe("running");
    expect(tunnels.connectors(tunnel.id).map(({ connections }) => connections.length)).toEqual([2]);
    expect(tunnels.status(tunnels.requireLive(tunnel.accountId, tunnel.id))).toBe("degraded");
    expect(report.log.join("\n")).toMatch(/2 connections are missing: .*no egress to 198\.41\.200\.0\/24/);
  });
});
