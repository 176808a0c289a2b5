import { all, type ComponentResourceOptions, output, runtime } from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import { beforeEach, describe, expect, it } from "vitest";
import { Tenant } from "../../components/tenant.ts";
import type { TenantArgs } from "../../components/tenantArgs.ts";
import { TenantBucket } from "../../components/tenantBucket.ts";
import {
  ACCOUNT_ID,
  idOf,
  isSecret,
  only,
  PASSWORD,
  type Registered,
  recordResources,
  resolved,
  TOKEN_VALUE,
  TUNNEL_SECRET,
  ZONE_ID,
} from "./mocks.ts";

const TUNNEL = "cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared";
const CONFIG = "cloudflare:index/zeroTrustTunnelCloudflaredConfig:ZeroTrustTunnelCloudflaredConfig";
const RECORD = "cloudflare:index/dnsRecord:DnsRecord";
const BUCKET = "cloudflare:index/r2Bucket:R2Bucket";
const TOKEN = "cloudflare:index/accountToken:AccountToken";
const PARAMETER = "aws:ssm/parameter:Parameter";
const INSTANCE = "aws:ec2/instance:Instance";
const LIFECYCLE = "cloudflare:index/r2BucketLifecycle:R2BucketLifecycle";
const ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy";
const PASSWORD_TYPE = "random:index/randomPassword:RandomPassword";
const GROUP = "aws:ec2/securityGroup:SecurityGroup";

const HOST = { imageId: "ami-0ab117b5527d5fe24", vpcId: "vpc-1", subnetIds: ["subnet-1"] };

const everything: TenantArgs = {
  environment: "staging",
  tenantId: "acme",
  accountId: ACCOUNT_ID,
  zoneId: ZONE_ID,
  region: "eu-west-1",
  hostnames: ["acme.example.com", "shop.example.com"],
  origin: { service: "https://localhost:8443", noTlsVerify: true },
  routes: [{ path: "^/socket", service: "http://localhost:9000" }],
  bucket: { jurisdiction: "eu" },
  host: HOST,
  tags: { "cost-center": "platform" },
};

let registered: Registered[];

function secretParameters(): Registered[] {
  return registered.filter(({ type, inputs }) => type === PARAMETER && inputs["type"] === "SecureString");
}

async function build(args: TenantArgs, options?: ComponentResourceOptions): Promise<Tenant> {
  const tenant = new Tenant("acme", args, options);
  await runtime.disconnect();
  return tenant;
}

beforeEach(async () => {
  registered = await recordResources();
});

describe("a tenant with everything", () => {
  it("has a remotely configured tunnel with a random secret and a stable name", async () => {
    await build(everything);
    expect(
      only(registered, "random:index/randomPassword:RandomPassword").inputs["length"],
    ).toBeGreaterThanOrEqual(43);
    expect(only(registered, TUNNEL).inputs).toEqual({
      accountId: ACCOUNT_ID,
      name: "te-staging-acme",
      configSrc: "cloudflare",
      tunnelSecret: TUNNEL_SECRET,
    });
  });

  it("sends each hostname to its routes, then to its origin, and everything else to 404", async () => {
    await build(everything);
    const origin = { service: "https://localhost:8443", originRequest: { noTlsVerify: true } };
    const route = { path: "^/socket", service: "http://localhost:9000" };
    expect(only(registered, CONFIG).inputs["config"]).toEqual({
      ingresses: [
        { hostname: "acme.example.com", ...route },
        { hostname: "acme.example.com", ...origin },
        { hostname: "shop.example.com", ...route },
        { hostname: "shop.example.com", ...origin },
        { service: "http_status:404" },
      ],
    });
  });

  it("has one proxied, marked CNAME to the tunnel for each hostname", async () => {
    await build(everything);
    const records = registered.filter(({ type }) => type === RECORD);
    expect(records.map(({ inputs }) => inputs["name"]).sort()).toEqual([
      "acme.example.com",
      "shop.example.com",
    ]);
    for (const { inputs } of records) {
      expect(inputs).toMatchObject({
        type: "CNAME",
        content: `${idOf(TUNNEL, "acme-tunnel")}.cfargotunnel.com`,
        proxied: true,
        ttl: 1,
        comment: "tenant-edge/staging/acme",
      });
    }
  });

  it("has a token that opens its bucket in its jurisdiction and nothing else", async () => {
    await build(everything);
    expect(only(registered, BUCKET).inputs).toMatchObject({ name: "te-staging-acme", jurisdiction: "eu" });
    expect(only(registered, TOKEN).inputs["policies"]).toEqual([
      {
        effect: "allow",
        permissionGroups: [{ id: "2efd5506f9c8494dacb1fa10a3e7d5b6" }],
        resources: `{"com.cloudflare.edge.r2.bucket.${ACCOUNT_ID}_eu_te-staging-acme":"*"}`,
      },
    ]);
  });

  it("gives out S3 credentials derived from the token", async () => {
    const tenant = await build(everything);
    const credentials = tenant.bucket?.credentials ?? output(undefined);
    expect(await resolved(credentials)).toEqual({
      endpoint: `https://${ACCOUNT_ID}.eu.r2.cloudflarestorage.com`,
      bucketName: "te-staging-acme",
      region: "auto",
      accessKeyId: idOf(TOKEN, "acme-key-1"),
      // sha256sum of the token's value
      secretAccessKey: "f19a922490fc14a9d2261c757b759a4615c83f87f1e45903893023143b9b7011",
      keyGeneration: 1,
    });
    expect(await isSecret(credentials)).toBe(true);
  });

  it("keeps the connector token and the credentials in encrypted parameters under the tenant's path", async () => {
    await build(everything);
    const parameters = secretParameters();
    expect(parameters.map(({ inputs }) => [inputs["name"], inputs["type"], inputs["tier"]])).toEqual([
      ["/tenant-edge/staging/acme/tunnel-token", "SecureString", "Standard"],
      ["/tenant-edge/staging/acme/bucket-environment", "SecureString", "Standard"],
    ]);
    const token = Buffer.from(String(parameters[0]?.inputs["value"]), "base64").toString();
    expect(JSON.parse(token)).toEqual({ a: ACCOUNT_ID, t: idOf(TUNNEL, "acme-tunnel"), s: TUNNEL_SECRET });
    expect(parameters[1]?.inputs["value"]).toContain(`AWS_ACCESS_KEY_ID=${idOf(TOKEN, "acme-key-1")}\n`);
  });

  it("has a host that nobody can reach and that demands IMDSv2", async () => {
    await build(everything);
    expect(only(registered, INSTANCE).inputs).toMatchObject({
      associatePublicIpAddress: false,
      subnetId: "subnet-1",
      metadataOptions: { httpTokens: "required", httpPutResponseHopLimit: 1 },
      rootBlockDevice: { encrypted: true, volumeType: "gp3" },
      userDataReplaceOnChange: true,
    });
    const group = only(registered, GROUP).inputs;
    expect(group["ingress"]).toEqual([]);
    expect(group["egress"]).toEqual([
      expect.objectContaining({ protocol: "tcp", fromPort: 443, toPort: 443 }),
      expect.objectContaining({
        protocol: "udp",
        fromPort: 7844,
        cidrBlocks: ["198.41.192.0/24", "198.41.200.0/24"],
      }),
      expect.objectContaining({
        protocol: "tcp",
        fromPort: 7844,
        cidrBlocks: ["198.41.192.0/24", "198.41.200.0/24"],
      }),
    ]);
  });

  it("lets the host read exactly its two secrets, and read and write its own report", async () => {
    await build(everything);
    const policy = JSON.parse(String(only(registered, ROLE_POLICY).inputs["policy"]));
    const report = "arn:aws:ssm:eu-west-1:123456789012:parameter/acme-report";
    expect(policy.Statement).toEqual([
      {
        Sid: "ReadOwnParameters",
        Effect: "Allow",
        Action: ["ssm:GetParameter", "ssm:GetParameters"],
        Resource: [
          "arn:aws:ssm:eu-west-1:123456789012:parameter/acme-tunnel-token",
          "arn:aws:ssm:eu-west-1:123456789012:parameter/acme-bucket-environment",
          report,
        ],
      },
      { Sid: "WriteOwnReport", Effect: "Allow", Action: "ssm:PutParameter", Resource: report },
    ]);
  });

  it("has a plain parameter for the host's report, whose content is the host's", async () => {
    const tenant = await build(everything);
    const report = only(registered, PARAMETER, "acme-report");
    expect(report.inputs).toMatchObject({
      name: "/tenant-edge/staging/acme/host-report",
      type: "String",
      insecureValue: "none",
    });
    expect(report.options.ignoreChanges).toEqual(["value", "insecureValue"]);
    expect(only(registered, INSTANCE).inputs["userData"]).toContain("/tenant-edge/staging/acme/host-report");
    expect(tenant.summary.hostReports).toEqual(["/tenant-edge/staging/acme/host-report"]);
  });

  it("tags everything in AWS with environment, tenant and tunnel", async () => {
    await build(everything);
    const tagged = registered.filter(({ inputs }) => "tags" in inputs);
    expect(tagged.length).toBeGreaterThanOrEqual(6);
    for (const { inputs } of tagged) {
      expect(inputs["tags"]).toMatchObject({
        "cost-center": "platform",
        "tenant-edge:environment": "staging",
        "tenant-edge:tenant": "acme",
        "tenant-edge:tunnel-id": idOf(TUNNEL, "acme-tunnel"),
      });
    }
    expect(only(registered, INSTANCE).inputs["rootBlockDevice"]).toMatchObject({
      tags: { "tenant-edge:tenant": "acme" },
    });
  });

  it("puts no secret into user data, tags or a plain output", async () => {
    const tenant = await build(everything);
    const token = await resolved(tenant.tunnel.connectorToken);
    const canaries = [PASSWORD, TUNNEL_SECRET, TOKEN_VALUE, token];
    const open = registered
      .filter(({ type }) => type !== PARAMETER && type !== TUNNEL)
      .map(({ inputs }) => JSON.stringify(inputs))
      .concat(JSON.stringify(await resolved(all(Object.values(tenant.summary)))));
    for (const text of open) for (const canary of canaries) expect(text).not.toContain(canary);
    for (const value of Object.values(tenant.secrets)) {
      if (value !== null) expect(await isSecret(value)).toBe(true);
    }
  });
});

describe("a tenant's resources", () => {
  it.each([
    ["by default", {}, true],
    ["when asked to", { protect: true }, true],
    ["not when told otherwise", { protect: false }, false],
  ])("protect the bucket %s, and nothing else", async (_, bucket, expected) => {
    await build({ ...everything, bucket: { ...bucket, lifecycleRules: [] } });
    expect(only(registered, BUCKET).options.protect).toBe(expected);
    const others = registered.filter(({ type }) => type !== BUCKET);
    expect(others.filter(({ options }) => options.protect)).toEqual([]);
  });

  it("ignore where the bucket is said to be, and replace it when its jurisdiction changes", async () => {
    await build(everything);
    expect(only(registered, BUCKET).options).toMatchObject({
      ignoreChanges: ["location"],
      replaceOnChanges: ["jurisdiction"],
    });
  });

  it("that Cloudflare cannot delete by themselves go with what they belong to", async () => {
    await build({ ...everything, bucket: { lifecycleRules: [] } });
    expect(only(registered, CONFIG).options.deletedWith).toBe(`${TUNNEL} acme-tunnel`);
    expect(only(registered, LIFECYCLE).options.deletedWith).toBe(`${BUCKET} acme-bucket`);
  });

  it("whose names can exist only once are deleted before they are replaced", async () => {
    await build({ ...everything, hostnames: ["acme.example.com"] });
    for (const type of [TUNNEL, RECORD, BUCKET]) {
      expect([type, only(registered, type).options.deleteBeforeReplace]).toEqual([type, true]);
    }
  });

  it("let the host wait for its tunnel, its parameters, its permission and what the program names", async () => {
    const given = new RandomPassword("given", { length: 8 });
    await build(everything, { dependsOn: given });
    expect(only(registered, INSTANCE).options.dependencies).toEqual(
      expect.arrayContaining([
        `${CONFIG} acme-config`,
        `${PARAMETER} acme-tunnel-token`,
        `${PARAMETER} acme-bucket-environment`,
        `${ROLE_POLICY} acme-policy`,
        `${PASSWORD_TYPE} given`,
      ]),
    );
  });

  it("carry the bucket's storage class and lifecycle rules", async () => {
    const rule = { id: "archive", prefix: "logs/", infrequentAccessAfterDays: 30 };
    await build({ ...everything, bucket: { storageClass: "InfrequentAccess", lifecycleRules: [rule] } });
    expect(only(registered, BUCKET).inputs["storageClass"]).toBe("InfrequentAccess");
    expect(only(registered, LIFECYCLE).inputs["rules"]).toContainEqual({
      id: "archive",
      enabled: true,
      conditions: { prefix: "logs/" },
      storageClassTransitions: [
        { condition: { type: "Age", maxAge: 2_592_000 }, storageClass: "InfrequentAccess" },
      ],
    });
  });
});

describe("a tenant's name for people", () => {
  it.each([
    ["is shown", { displayName: "Acme Ltd." }, "Acme Ltd."],
    ["is its id unless it has one", {}, "acme"],
  ])("%s", async (_, settings, expected) => {
    const tenant = await build({ ...everything, ...settings });
    expect(tenant.summary.displayName).toBe(expected);
  });
});

describe("a tenant that needs less", () => {
  it("has nothing on EC2 or IAM without a host, but still its connector token", async () => {
    const tenant = await build({ ...everything, host: undefined });
    expect(registered.filter(({ type }) => /^aws:(ec2|iam)/.test(type))).toEqual([]);
    expect(await resolved(tenant.secrets.connectorToken)).not.toBe("");
    expect(tenant.summary.instanceIds).toEqual([]);
  });

  it("has neither bucket nor token nor their parameter without a bucket", async () => {
    const tenant = await build({ ...everything, bucket: undefined });
    expect(registered.filter(({ type }) => type === BUCKET || type === TOKEN)).toEqual([]);
    expect(secretParameters().map(({ inputs }) => inputs["name"])).toEqual([
      "/tenant-edge/staging/acme/tunnel-token",
    ]);
    expect(only(registered, INSTANCE).inputs["userData"]).not.toContain("bucket-environment");
    expect(tenant.summary.bucket).toBeNull();
  });

  it("has a read-only token when it may only read", async () => {
    await build({ ...everything, bucket: { access: "read-only" } });
    expect(only(registered, TOKEN).inputs["policies"]).toMatchObject([
      { permissionGroups: [{ id: "6a018a9f2fc74eb6b293b0c548f38b39" }] },
    ]);
  });
});

it("gets another secret when its generation is raised", async () => {
  await build({ ...everything, tunnelSecretGeneration: 2 });
  expect(only(registered, "random:index/randomPassword:RandomPassword").inputs["keepers"]).toEqual({
    generation: "2",
  });
});

it("encrypts and decrypts with the customer's key alone, for its own parameters alone", async () => {
  const kmsKeyArn = "arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-0000-0000-000000000000";
  await build({ ...everything, kmsKeyArn });
  for (const { inputs } of secretParameters()) expect(inputs["keyId"]).toBe(kmsKeyArn);
  const policy = JSON.parse(String(only(registered, "aws:iam/rolePolicy:RolePolicy").inputs["policy"]));
  const secrets = policy.Statement[0].Resource.slice(0, 2);
  expect(policy.Statement[2]).toEqual({
    Sid: "DecryptOwnSecrets",
    Effect: "Allow",
    Action: "kms:Decrypt",
    Resource: kmsKeyArn,
    Condition: {
      StringEquals: {
        "kms:ViaService": "ssm.eu-west-1.amazonaws.com",
        "kms:EncryptionContext:PARAMETER_ARN": secrets,
      },
    },
  });
});

describe("a tenant that is out of service", () => {
  const suspended: TenantArgs = {
    ...everything,
    suspended: true,
    host: undefined,
    bucket: { keyGenerations: [] },
  };

  it("answers 404 for everything, and keeps its tunnel and its hostnames", async () => {
    await build(suspended);
    expect(only(registered, CONFIG).inputs["config"]).toEqual({
      ingresses: [{ service: "http_status:404" }],
    });
    expect(only(registered, TUNNEL).inputs["name"]).toBe("te-staging-acme");
    const records = registered.filter(({ type }) => type === RECORD);
    expect(records.map(({ inputs }) => inputs["name"])).toEqual(["acme.example.com", "shop.example.com"]);
  });

  it("keeps its protected bucket without a key, and its connector token alone", async () => {
    const tenant = await build(suspended);
    expect(only(registered, BUCKET).options.protect).toBe(true);
    expect(registered.filter(({ type }) => type === TOKEN)).toEqual([]);
    expect(secretParameters().map(({ inputs }) => inputs["name"])).toEqual([
      "/tenant-edge/staging/acme/tunnel-token",
    ]);
    expect(tenant.bucket?.credentials).toBeUndefined();
    expect(await resolved(output(tenant.secrets.accessKeyId))).toBeNull();
    expect(await resolved(output(tenant.summary.bucket))).toBe("te-staging-acme");
    expect(tenant.summary.keyGenerations).toEqual([]);
  });
});

describe("a tenant with replicas", () => {
  const replicas = { ...everything, host: { ...HOST, subnetIds: ["subnet-1", "subnet-2"] } };

  it("has a host in each subnet, the first of which is named as an only one", async () => {
    const tenant = await build(replicas);
    const hosts = registered.filter(({ type }) => type === INSTANCE);
    expect(
      hosts.map(({ name, inputs }) => [
        name,
        inputs["subnetId"],
        Reflect.get(Object(inputs["tags"]), "Name"),
      ]),
    ).toEqual([
      ["acme-instance", "subnet-1", "te-staging-acme"],
      ["acme--2-instance", "subnet-2", "te-staging-acme--2"],
    ]);
    expect(await resolved(all(tenant.summary.instanceIds))).toEqual([
      idOf(INSTANCE, "acme-instance"),
      idOf(INSTANCE, "acme--2-instance"),
    ]);
    const roles = registered.filter(({ type }) => type === "aws:iam/role:Role");
    expect(roles.map(({ inputs }) => inputs["name"])).toEqual([
      "te-staging-acme-host",
      "te-staging-acme-host-2",
    ]);
  });

  it("lets each host report to a parameter of its own", async () => {
    const tenant = await build(replicas);
    expect(tenant.summary.hostReports).toEqual([
      "/tenant-edge/staging/acme/host-report",
      "/tenant-edge/staging/acme/host-report-2",
    ]);
    const policy = only(registered, ROLE_POLICY, "acme--2-policy").inputs["policy"];
    expect(policy).toContain("parameter/acme--2-report");
    expect(policy).not.toContain("parameter/acme-report");
    const userData = only(registered, INSTANCE, "acme--2-instance").inputs["userData"];
    expect(userData).toContain("/tenant-edge/staging/acme/host-report-2");
  });

  it.each([0, 5])("is refused when there would be %i", async (count) => {
    const subnetIds = Array.from({ length: count }, (_, index) => `subnet-${index}`);
    expect(() => new Tenant("acme", { ...everything, host: { ...HOST, subnetIds } })).toThrow(
      `Tenant acme: host.subnetIds: give 1 to 4 subnets, one for each host, not ${count}`,
    );
    await runtime.disconnect();
    expect(registered).toEqual([]);
  });
});

describe("a tenant's bucket", () => {
  it("has a token for each generation of its key, and gives out the last one", async () => {
    const tenant = await build({ ...everything, bucket: { keyGenerations: [1, 3] } });
    const tokens = registered.filter(({ type }) => type === TOKEN);
    expect(tokens.map(({ name, inputs }) => [name, inputs["name"]])).toEqual([
      ["acme-key-1", "te-staging-acme-key-1"],
      ["acme-key-3", "te-staging-acme-key-3"],
    ]);
    expect(await resolved(tenant.bucket?.credentials ?? output(undefined))).toMatchObject({
      accessKeyId: idOf(TOKEN, "acme-key-3"),
      keyGeneration: 3,
    });
    expect(tenant.summary.keyGenerations).toEqual([1, 3]);
    const environment = only(registered, PARAMETER, "acme-bucket-environment").inputs["value"];
    expect(environment).toContain("TENANT_EDGE_KEY_GENERATION=3\n");
  });

  it.each([
    [[1, 2, 1], "1 is there twice"],
    [[0, 1.5, 2], "0, 1.5 is not a whole number of at least 1"],
  ])("is refused with the generations %j", async (keyGenerations, problem) => {
    const args = { accountId: ACCOUNT_ID, bucketName: "data", keyGenerations };
    expect(() => new TenantBucket("b", args)).toThrow(`TenantBucket b: keyGenerations: ${problem}`);
    await runtime.disconnect();
    expect(registered).toEqual([]);
  });
});

it("tells its hosts what the program says about connector, app and access", async () => {
  await build({
    ...everything,
    host: {
      ...HOST,
      protocol: "http2",
      edgeRegion: "us",
      edgeIpVersion: "auto",
      cloudflaredMirror: "https://mirror.example.com/cloudflared",
      pollSeconds: 30,
      app: { unit: "shop.service" },
      cloudConfig: { packages: ["jq"] },
      sessionManager: true,
    },
  });
  const userData = String(only(registered, INSTANCE).inputs["userData"]);
  for (const text of ["http2", "https://mirror.example.com/cloudflared/", "shop.service.d", "- jq"]) {
    expect(userData).toContain(text);
  }
  const egress = JSON.stringify(only(registered, GROUP).inputs["egress"]);
  expect(egress).toContain("198.41.218.0/24");
  expect(egress).toContain("2606:4700:a1::/48");
  expect(only(registered, ROLE_POLICY).inputs["policy"]).toContain("ssmmessages:OpenDataChannel");
});

it("refuses cloud-config that would change what is ours, before anything of the host is registered", async () => {
  const cloudConfig = { bootcmd: ["true"] };
  expect(() => new Tenant("acme", { ...everything, host: { ...HOST, cloudConfig } })).toThrow(
    "ConnectorHost acme: cloudConfig.bootcmd: allowed is use runcmd",
  );
  await runtime.disconnect();
});

it("refuses an app of two kinds, before anything of the host is registered", async () => {
  const app = { container: { image: "ghcr.io/acme/app:1", port: 8080 }, unit: "shop.service" };
  expect(() => new Tenant("acme", { ...everything, host: { ...HOST, app } })).toThrow(
    "ConnectorHost acme: app: give one of the two, not a container and a unit",
  );
  await runtime.disconnect();
});

it("can be registered when its resources are already gone, as in a destroy that goes on", async () => {
  registered = await recordResources({ gone: true });
  await expect(build(everything)).resolves.toBeInstanceOf(Tenant);
  expect(registered.length).toBeGreaterThan(10);
});
