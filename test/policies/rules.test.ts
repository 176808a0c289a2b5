/** What the thirty misconfigurations on the real engine leave out: the edges of each policy. */
import { describe, expect, it } from "vitest";
import { bucketTokenPolicy } from "../../bucket/tokenPolicy.ts";
import { hostPolicy, INSTANCE_TRUST_POLICY } from "../../host/policy.ts";
import { describeViolation, type Settings } from "../../policies/policy.ts";
import { RESOURCE_RULES, STACK_RULES } from "../../policies/rules.ts";
import { Unknown } from "../../policies/values.ts";
import { ingressRules } from "../../tunnel/ingress.ts";
import { declare } from "./declare.ts";

const GROUP = "aws:ec2/securityGroup:SecurityGroup";
const ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy";
const RECORD = "cloudflare:index/dnsRecord:DnsRecord";
const TOKEN = "cloudflare:index/accountToken:AccountToken";
const TUNNEL_CONFIG = "cloudflare:index/zeroTrustTunnelCloudflaredConfig:ZeroTrustTunnelCloudflaredConfig";
const BUCKET = "cloudflare:index/r2Bucket:R2Bucket";
const TUNNEL = "9f86d081-884c-4d65-9a2f-eaa0c55ad015";

/** Paths that the policy finds wrong. */
function paths(policy: string, ...[type, values, options]: Parameters<typeof declare>): string[] {
  const rule = RESOURCE_RULES.find(({ name }) => name === policy);
  return rule?.check(declare(type, values, options), {}).map(({ path }) => path) ?? ["no such policy"];
}

function found(policy: string, resources: ReturnType<typeof declare>[], settings: Settings = {}): string[] {
  const rule = STACK_RULES.find(({ name }) => name === policy);
  return (
    rule?.checkStack(resources, settings).map(({ resource, path }) => `${resource.name} ${path}`) ?? ["none"]
  );
}

const document = (statement: object) => JSON.stringify({ Version: "2012-10-17", Statement: [statement] });

describe("a policy says", () => {
  it("which resource, which property, what is there, what may be there and what to do", () => {
    const violation = { path: "proxied", found: "false", allowed: "true", action: "Write true" };
    const text = describeViolation({ name: "acme-record" }, violation);
    expect(text).toBe("acme-record: proxied is false. Allowed: true. Write true.");
  });

  it("nothing of values that only the update will know", () => {
    const unknown = { content: Unknown, policies: Unknown, policy: Unknown, config: Unknown, tags: Unknown };
    for (const type of [RECORD, TOKEN, ROLE_POLICY, TUNNEL_CONFIG]) {
      const known = { type: "CNAME", proxied: true, comment: Unknown };
      for (const { check } of RESOURCE_RULES) {
        expect(check(declare(type, { ...known, ...unknown }), {})).toEqual([]);
      }
    }
  });
});

describe("no-inbound-rule", () => {
  const https = { protocol: "tcp", fromPort: 443, toPort: 443 };
  const tags = { "tenant-edge:inbound": "endpoints" };
  const group = (rule: object, options = {}) =>
    paths("no-inbound-rule", GROUP, { tags, ingress: [{ ...https, ...rule }] }, { alone: true, ...options });

  it("lets endpoints answer HTTPS of their own VPC", () => {
    expect(group({ cidrBlocks: ["10.20.0.0/16"] })).toEqual([]);
    expect(group({ cidrBlocks: [Unknown] })).toEqual([]);
  });

  it.each<[string, object]>([
    ["all", { cidrBlocks: ["0.0.0.0/0"] }],
    ["half of all", { cidrBlocks: ["10.0.0.0/1"] }],
    ["a public block", { cidrBlocks: ["8.8.0.0/16"] }],
    ["all of IPv6", { cidrBlocks: ["10.0.0.0/16"], ipv6CidrBlocks: ["::/0"] }],
    ["another port", { cidrBlocks: ["10.0.0.0/16"], toPort: 444 }],
    ["every protocol", { cidrBlocks: ["10.0.0.0/16"], protocol: "-1" }],
  ])("does not let endpoints answer %s", (_, rule) => {
    expect(group(rule)).toEqual(["ingress[0]"]);
  });

  it("lets no tenant's group have the endpoints' tag", () => {
    expect(group({ cidrBlocks: ["10.20.0.0/16"] }, { alone: false })).toEqual(["ingress[0]"]);
  });

  it("lets traffic out", () => {
    const rule = { type: "egress", cidrBlocks: ["0.0.0.0/0"] };
    expect(paths("no-inbound-rule", "aws:ec2/securityGroupRule:SecurityGroupRule", rule)).toEqual([]);
  });
});

describe("no-wildcard-in-iam", () => {
  const check = (policy: unknown) => paths("no-wildcard-in-iam", ROLE_POLICY, { policy });

  it("lets a host's own policy through, with a key and with Session Manager", () => {
    const policy = hostPolicy({
      region: "eu-west-1",
      secretArns: ["arn:aws:ssm:eu-west-1:123456789012:parameter/tenant-edge/prod/acme/tunnel-token"],
      reportArn: "arn:aws:ssm:eu-west-1:123456789012:parameter/tenant-edge/prod/acme/host-report",
      kmsKeyArn: "arn:aws:kms:eu-west-1:123456789012:key/9f86d081-884c-4d65-9a2f-eaa0c55ad015",
      sessionManager: true,
    });
    expect(check(JSON.stringify(policy))).toEqual([]);
    expect(
      paths("no-wildcard-in-iam", "aws:iam/role:Role", { assumeRolePolicy: INSTANCE_TRUST_POLICY }),
    ).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    [
      "a document that is an object",
      { Statement: { Effect: "Allow", Action: "*", Resource: "a" } },
      "Action",
    ],
    [
      "one of several actions",
      document({ Effect: "Allow", Action: ["a:B", "a:*"], Resource: "a" }),
      "Action",
    ],
    [
      "Session Manager's with another",
      document({
        Effect: "Allow",
        Action: ["ssm:UpdateInstanceInformation", "ssm:GetParameter"],
        Resource: "*",
      }),
      "Resource",
    ],
    ["all but some actions", document({ Effect: "Allow", NotAction: "iam:*", Resource: "a" }), "NotAction"],
    [
      "a question mark",
      document({ Effect: "Allow", Action: "a:B", Resource: "arn:aws:ssm:::parameter/?" }),
      "Resource",
    ],
  ])("finds %s", (_, policy, key) => {
    expect(check(policy)).toEqual([`policy.Statement[0].${key}`]);
  });

  it("lets a document forbid everything, and refuses what is none", () => {
    expect(check(document({ Effect: "Deny", Action: "*", Resource: "*" }))).toEqual([]);
    expect(check("not JSON")).toEqual(["policy"]);
  });

  it("finds AWS's own policies and roles of foreign accounts", () => {
    const role = {
      managedPolicyArns: ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"],
      assumeRolePolicy: document({
        Effect: "Allow",
        Principal: { AWS: "123456789012" },
        Action: "sts:AssumeRole",
      }),
    };
    expect(paths("no-wildcard-in-iam", "aws:iam/role:Role", role)).toEqual([
      "assumeRolePolicy.Statement[0].Principal",
      "managedPolicyArns[0]",
    ]);
  });
});

describe("token-for-one-bucket", () => {
  const bucket = { accountId: "0123456789abcdef0123456789abcdef", jurisdiction: "eu", name: "te-prod-acme" };
  const policy = bucketTokenPolicy(bucket, "read-only");

  it("lets a bucket's own token through", () => {
    expect(paths("token-for-one-bucket", TOKEN, { policies: [policy] })).toEqual([]);
  });

  it.each<[string, object[], string]>([
    ["two policies", [policy, policy], "policies"],
    ["no policy", [], "policies"],
    ["a denial", [{ ...policy, effect: "deny" }], "policies[0].effect"],
    [
      "every bucket",
      [{ ...policy, resources: '{"com.cloudflare.edge.r2.bucket.*":"*"}' }],
      "policies[0].resources",
    ],
    ["no JSON", [{ ...policy, resources: "" }], "policies[0].resources"],
  ])("finds %s", (_, policies, path) => {
    expect(paths("token-for-one-bucket", TOKEN, { policies })).toEqual([path]);
  });

  it("finds a user's token", () => {
    expect(paths("token-for-one-bucket", "cloudflare:index/apiToken:ApiToken", {})).toEqual(["type"]);
  });
});

describe("ingress-ends-with-404", () => {
  const rules = ingressRules(["acme.example.com"], { service: "http://localhost:8080" }, []);
  const check = (ingresses: object[]) =>
    paths("ingress-ends-with-404", TUNNEL_CONFIG, { config: { ingresses } });

  it("lets our rules through, those of a suspended tunnel, too", () => {
    expect(check(rules)).toEqual([]);
    expect(check(ingressRules([], { service: "http://localhost:8080" }, []))).toEqual([]);
  });

  it.each<[string, object[], string]>([
    ["no rule", [], "config.ingresses"],
    [
      "an early rule for all",
      [{ service: "http://localhost:8080" }, ...rules],
      "config.ingresses[0].hostname",
    ],
    ["404 for one path", [{ path: "^/x", service: "http_status:404" }], "config.ingresses[0]"],
    ["another status", [{ service: "http_status:200" }], "config.ingresses[0]"],
  ])("finds %s", (_, ingresses, path) => {
    expect(check(ingresses)).toEqual([path]);
  });
});

describe("own-record", () => {
  const record = (name: string, values: object) =>
    declare(
      RECORD,
      { zoneId: "one", name: "acme.example.com", content: `${TUNNEL}.cfargotunnel.com`, ...values },
      { name },
    );
  const config = declare(TUNNEL_CONFIG, { tunnelId: TUNNEL });
  const stack = declare("pulumi:pulumi:Stack", { tenants: { acme: { hostnames: ["acme.example.com"] } } });

  it("finds another zone, a foreign tunnel and a hostname that no tenant has", () => {
    const records = [
      record("a", {}),
      record("b", {}),
      record("c", { zoneId: "two" }),
      record("d", { content: "00000000-884c-4d65-9a2f-eaa0c55ad015.cfargotunnel.com" }),
      record("e", { name: "evil.example.com" }),
    ];
    expect(found("own-record", [stack, config, ...records])).toEqual(["c zoneId", "d content", "e name"]);
  });

  it("knows the zones that are named", () => {
    const settings = { zoneIds: ["two"] };
    expect(found("own-record", [stack, config, record("a", {})], settings)).toEqual(["a zoneId"]);
    expect(found("own-record", [stack, config, record("a", { zoneId: "two" })], settings)).toEqual([]);
  });
});

describe("bucket-protection", () => {
  const bucket = (protect: boolean) => declare(BUCKET, { name: "te-prod-acme" }, { name: "bucket", protect });
  const stack = (disabled: object | null) =>
    declare("pulumi:pulumi:Stack", {
      tenants: { acme: { tunnelName: "te-prod-acme", bucket: "te-prod-acme", disabled } },
    });

  it("wants a bucket protected, of a disabled tenant, too", () => {
    expect(found("bucket-protection", [stack(null), bucket(true)])).toEqual([]);
    expect(found("bucket-protection", [stack(null), bucket(false)])).toEqual(["bucket protect"]);
    expect(found("bucket-protection", [stack({ bucket: "kept", purge: false }), bucket(false)])).toHaveLength(
      1,
    );
  });

  it("wants it of programs that tell nothing of tenants, too", () => {
    expect(found("bucket-protection", [bucket(false)], { unprotectedEnvironments: ["prod"] })).toHaveLength(
      1,
    );
  });

  it.each<[string, object | null, Settings]>([
    ["that was released", { bucket: "released", purge: false }, {}],
    ["whose tenant may go", { bucket: "kept", purge: true }, {}],
    ["of an environment that is named", null, { unprotectedEnvironments: ["prod"] }],
    ["that is named", null, { unprotectedBuckets: ["te-prod-acme"] }],
  ])("lets a bucket be unprotected %s", (_, disabled, settings) => {
    expect(found("bucket-protection", [stack(disabled), bucket(false)], settings)).toEqual([]);
  });
});

describe("encrypted-at-rest", () => {
  const parameter = (values: object) =>
    paths("encrypted-at-rest", "aws:ssm/parameter:Parameter", { ...values });

  it("lets a host's report be readable, and nothing else", () => {
    const report = { type: "String", name: "/tenant-edge/prod/acme/host-report-2", insecureValue: "none" };
    expect(parameter(report)).toEqual([]);
    expect(parameter({ ...report, name: "/tenant-edge/prod/acme/other" })).toEqual(["type"]);
    expect(parameter({ ...report, type: "SecureString" })).toEqual(["insecureValue"]);
    expect(parameter({ name: "/tenant-edge/prod/acme/tunnel-token" })).toEqual(["type"]);
  });
});

describe("tags", () => {
  it("wants a tenant's tags of a tenant's resources only", () => {
    const tags = { "tenant-edge:environment": "prod" };
    expect(paths("tags", GROUP, { tags }, { alone: true })).toEqual([]);
    expect(paths("tags", GROUP, { tags })).toEqual([
      'tags["tenant-edge:tenant"]',
      'tags["tenant-edge:tunnel-id"]',
    ]);
    expect(paths("tags", GROUP, {}, { alone: true })).toEqual(['tags["tenant-edge:environment"]']);
  });

  it("wants our mark on a record", () => {
    expect(paths("tags", RECORD, { comment: "tenant-edge/prod/acme" })).toEqual([]);
    expect(paths("tags", RECORD, { comment: "mine" })).toEqual(["comment"]);
  });
});
