import { DeleteObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { expect, it, onTestFinished } from "vitest";
import { ACCOUNT_ID, type TestStack, testStack } from "./testStack.ts";

interface StateResource {
  urn: string;
  type: string;
  dependencies?: string[];
}

const nameOf = (urn: string): string => urn.split("::").at(-1) ?? "";

/** For each resource of the stack, as `type name`, all that it waits for, directly or through others. */
async function waitsFor(stack: TestStack): Promise<(type: string, name: string) => string[]> {
  const { stdout } = await stack.pulumi(["stack", "export"]);
  const { resources } = (JSON.parse(stdout) as { deployment: { resources: StateResource[] } }).deployment;
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const label = ({ type, urn }: StateResource) =>
    `${type.split("/")[0]}:${type.split(":").at(-1)} ${nameOf(urn)}`;
  const collect = (urn: string, seen: Set<string>): Set<string> => {
    for (const dependency of byUrn.get(urn)?.dependencies ?? []) {
      if (!seen.has(dependency)) collect(dependency, seen.add(dependency));
    }
    return seen;
  };
  return (type, name) => {
    const found = resources.find((resource) => resource.type === type && nameOf(resource.urn) === name);
    if (found === undefined) throw new Error(`no ${type} ${name}`);
    return [...collect(found.urn, new Set())].flatMap((urn) => {
      const resource = byUrn.get(urn);
      return resource === undefined ? [] : [label(resource)];
    });
  };
}

it("waits for everything that must be there first, which an emulation in one breath would not show", async () => {
  const stack = await testStack({ tenants: [{ id: "acme" }] });
  await stack.up();
  const before = await waitsFor(stack);
  expect(before("aws:ec2/natGateway:NatGateway", "network-nat")).toEqual(
    expect.arrayContaining([
      "aws:ec2:InternetGateway network-igw",
      "aws:ec2:Route network-public-default-route",
    ]),
  );
  expect(before("aws:ec2/instance:Instance", "acme-instance")).toEqual(
    expect.arrayContaining([
      "aws:ec2:Route network-private-default-route",
      "aws:ec2:RouteTableAssociation network-private-eu-west-1a",
      "aws:ec2:RouteTableAssociation network-private-eu-west-1b",
      "aws:iam:RolePolicy acme-policy",
      "aws:ssm:Parameter acme-tunnel-token",
      "aws:ssm:Parameter acme-bucket-environment",
      "cloudflare:index:ZeroTrustTunnelCloudflaredConfig acme-config",
    ]),
  );
  expect(before("cloudflare:index/dnsRecord:DnsRecord", "acme-record")).toContain(
    "cloudflare:index:ZeroTrustTunnelCloudflaredConfig acme-config",
  );
});

it("gives out S3 credentials that open the tenant's bucket and no other", async () => {
  const stack = await testStack({
    tenants: [
      { id: "acme", host: { enabled: false } },
      { id: "globex", host: { enabled: false } },
    ],
  });
  await stack.up();
  const name = "/tenant-edge/test/acme/bucket-environment";
  const { Parameter } = await stack.sandbox.aws.call("ssm:GetParameter", {
    Name: name,
    WithDecryption: true,
  });
  const lines = (Parameter?.Value ?? "").trim().split("\n");
  const environment = Object.fromEntries(lines.map((line) => line.split("=") as [string, string]));
  expect(environment["AWS_ENDPOINT_URL_S3"]).toBe(`https://${ACCOUNT_ID}.r2.cloudflarestorage.com`);
  const s3 = new S3Client({
    // The emulated API plays that endpoint under a path of its own.
    endpoint: `${new URL(stack.sandbox.urls.cloudflare).origin}/r2/${ACCOUNT_ID}`,
    region: environment["AWS_REGION"] ?? "",
    credentials: {
      accessKeyId: environment["AWS_ACCESS_KEY_ID"] ?? "",
      secretAccessKey: environment["AWS_SECRET_ACCESS_KEY"] ?? "",
    },
    forcePathStyle: true,
    maxAttempts: 1,
  });
  onTestFinished(() => s3.destroy());
  const Bucket = environment["R2_BUCKET"] ?? "";
  await s3.send(new PutObjectCommand({ Bucket, Key: "invoice.pdf", Body: "42" }));
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket }));
  expect(Contents?.map(({ Key }) => Key)).toEqual(["invoice.pdf"]);
  await expect(s3.send(new ListObjectsV2Command({ Bucket: "te-test-globex" }))).rejects.toThrow(/denied/i);
  await s3.send(new DeleteObjectCommand({ Bucket, Key: "invoice.pdf" }));
});
