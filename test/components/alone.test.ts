/** Each component by itself, with nothing but the arguments it demands: what other programs would build on. */
import { runtime } from "@pulumi/pulumi";
import { beforeEach, expect, it } from "vitest";
import { ConnectorHost } from "../../components/connectorHost.ts";
import type { ConnectorHostArgs } from "../../components/connectorHostArgs.ts";
import { TenantBucket } from "../../components/tenantBucket.ts";
import { TenantSecrets } from "../../components/tenantSecrets.ts";
import { TenantTunnel } from "../../components/tenantTunnel.ts";
import { ACCOUNT_ID, isSecret, only, type Registered, recordResources, resolved, ZONE_ID } from "./mocks.ts";

const HOST: ConnectorHostArgs = {
  hostName: "host",
  roleName: "host-role",
  region: "eu-west-1",
  vpcId: "vpc-1",
  subnetId: "subnet-1",
  imageId: "ami-0ab117b5527d5fe24",
  parameterPath: "/app/a",
  reportParameter: "/app/a/host-report",
  parameterArns: ["arn:aws:ssm:eu-west-1:123456789012:parameter/app/a/tunnel-token"],
};

let registered: Registered[];

beforeEach(async () => {
  registered = await recordResources();
});

it("a tunnel forwards to port 8080 and gives out its token as a secret", async () => {
  const tunnel = new TenantTunnel("t", {
    accountId: ACCOUNT_ID,
    zoneId: ZONE_ID,
    tunnelName: "front-door",
    hostnames: ["a.example.com"],
  });
  await runtime.disconnect();
  expect(
    only(registered, "cloudflare:index/zeroTrustTunnelCloudflaredConfig:ZeroTrustTunnelCloudflaredConfig")
      .inputs["config"],
  ).toEqual({
    ingresses: [
      { hostname: "a.example.com", service: "http://localhost:8080" },
      { service: "http_status:404" },
    ],
  });
  expect("comment" in only(registered, "cloudflare:index/dnsRecord:DnsRecord").inputs).toBe(false);
  expect(await isSecret(tunnel.connectorToken)).toBe(true);
});

it("a tunnel without a hostname is refused before anything is registered", async () => {
  const args = { accountId: ACCOUNT_ID, zoneId: ZONE_ID, tunnelName: "front-door", hostnames: [] };
  expect(() => new TenantTunnel("t", args)).toThrow("TenantTunnel t: hostnames: give at least one hostname");
  await runtime.disconnect();
  expect(registered).toEqual([]);
});

it("a bucket is in western Europe, read-write, and has no lifecycle document of its own", async () => {
  const bucket = new TenantBucket("b", { accountId: ACCOUNT_ID, bucketName: "data" });
  await runtime.disconnect();
  expect(registered.map(({ type }) => type)).toEqual([
    "tenant-edge:index:TenantBucket",
    "cloudflare:index/r2Bucket:R2Bucket",
    "cloudflare:index/accountToken:AccountToken",
  ]);
  expect(only(registered, "cloudflare:index/r2Bucket:R2Bucket").inputs).toMatchObject({
    location: "weur",
    storageClass: "Standard",
  });
  expect(bucket.credentials && (await isSecret(bucket.credentials))).toBe(true);
});

it("a bucket without a key is a bucket, and gives out none", async () => {
  const bucket = new TenantBucket("b", { accountId: ACCOUNT_ID, bucketName: "data", keyGenerations: [] });
  await runtime.disconnect();
  expect(registered.map(({ type }) => type)).toEqual([
    "tenant-edge:index:TenantBucket",
    "cloudflare:index/r2Bucket:R2Bucket",
  ]);
  expect(bucket.credentials).toBeUndefined();
  expect(bucket.nodes.token).toBeUndefined();
  expect(bucket.nodes.tokens.size).toBe(0);
});

it("a suspended tunnel keeps its hostnames and token, and forwards nothing", async () => {
  const tunnel = new TenantTunnel("t", {
    accountId: ACCOUNT_ID,
    zoneId: ZONE_ID,
    tunnelName: "front-door",
    hostnames: ["a.example.com"],
    service: "http://localhost:3000",
    routes: [{ path: "^/socket", service: "http://localhost:9000" }],
    suspended: true,
  });
  await runtime.disconnect();
  expect(
    only(registered, "cloudflare:index/zeroTrustTunnelCloudflaredConfig:ZeroTrustTunnelCloudflaredConfig")
      .inputs["config"],
  ).toEqual({ ingresses: [{ service: "http_status:404" }] });
  expect(only(registered, "cloudflare:index/dnsRecord:DnsRecord").inputs["name"]).toBe("a.example.com");
  expect(await resolved(tunnel.connectorToken)).not.toBe("");
});

it("a bucket with rules keeps Cloudflare's own, in the bucket's jurisdiction", async () => {
  new TenantBucket("b", {
    accountId: ACCOUNT_ID,
    bucketName: "data",
    jurisdiction: "eu",
    lifecycleRules: [],
  });
  await runtime.disconnect();
  expect(only(registered, "cloudflare:index/r2BucketLifecycle:R2BucketLifecycle").inputs).toMatchObject({
    bucketName: "data",
    jurisdiction: "eu",
    rules: [{ id: "Default Multipart Abort Rule", enabled: true }],
  });
});

it("secrets without a bucket are one parameter, under the default key", async () => {
  const secrets = new TenantSecrets("s", { parameterPath: "/app/a", connectorToken: "token" });
  await runtime.disconnect();
  const parameter = only(registered, "aws:ssm/parameter:Parameter");
  expect(parameter.inputs).toMatchObject({ name: "/app/a/tunnel-token", value: "token" });
  expect("keyId" in parameter.inputs).toBe(false);
  expect(await Promise.all(secrets.parameterNames.map(resolved))).toEqual(["/app/a/tunnel-token"]);
});

it("a host is a t4g.micro with 8 GiB that fetches its token and no bucket credentials", async () => {
  new ConnectorHost("h", HOST);
  await runtime.disconnect();
  const { inputs } = only(registered, "aws:ec2/instance:Instance");
  expect(inputs).toMatchObject({ instanceType: "t4g.micro", rootBlockDevice: { volumeSize: 8 } });
  expect(inputs["userData"]).toContain("/app/a/tunnel-token");
  expect(inputs["userData"]).not.toContain("bucket-environment");
  expect(only(registered, "aws:iam/role:Role").inputs["assumeRolePolicy"]).toContain("ec2.amazonaws.com");
});

it("a host with more user data than EC2 takes is refused with its size", async () => {
  const environment = { TEXT: "x".repeat(16_384) };
  expect(() => new ConnectorHost("h", { ...HOST, environment })).toThrow(
    /^ConnectorHost h: environment: makes \d{5} bytes of user data, and EC2 takes at most 16384$/,
  );
  await runtime.disconnect();
  expect(registered).toEqual([]);
});

it("a host with texts that would break its files is refused with all of them", async () => {
  const args = {
    ...HOST,
    environment: { TEXT: 'a"\nB="c', "A B": "x", PATH: "/tmp" },
    app: { container: { image: "a:1 --privileged", port: 8080 } },
    cloudflaredMirror: 'https://m"',
  };
  expect(() => new ConnectorHost("h", args)).toThrow(
    /app\.container\.image: .*environment\.PATH: .*environment\.TEXT: .*the name "A B": .*cloudflaredMirror: /,
  );
  expect(() => new ConnectorHost("h", { ...HOST, app: { unit: "x" } })).toThrow(
    /app\.unit: .*my-app\.service/,
  );
  await runtime.disconnect();
  expect(registered).toEqual([]);
});
