/** What the components make of settings of a host: no secret in the open, and no more than EC2 takes. */
import { runtime } from "@pulumi/pulumi";
import { beforeEach, describe, expect, it } from "vitest";
import { environmentFile } from "../../bucket/credentials.ts";
import { Tenant } from "../../components/tenant.ts";
import type { TenantArgs, TenantHostSettings } from "../../components/tenantArgs.ts";
import { USER_DATA_LIMIT } from "../../host/userData.ts";
import {
  ACCOUNT_ID,
  PASSWORD,
  type Registered,
  recordResources,
  resolved,
  TOKEN_VALUE,
  TUNNEL_SECRET,
  ZONE_ID,
} from "../components/mocks.ts";
import { EXTRA_CLOUD_CONFIG } from "./specs.ts";

const PARAMETER = "aws:ssm/parameter:Parameter";
const KEY = "arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-0000-0000-000000000000";

const HOST: TenantHostSettings = {
  imageId: "ami-0ab117b5527d5fe24",
  vpcId: "vpc-1",
  subnetIds: ["subnet-1"],
};

const TENANT: TenantArgs = {
  environment: "staging",
  tenantId: "acme",
  accountId: ACCOUNT_ID,
  zoneId: ZONE_ID,
  region: "eu-west-1",
  hostnames: ["acme.example.com"],
  bucket: {},
  host: HOST,
};

let registered: Registered[];

beforeEach(async () => {
  registered = await recordResources();
});

async function build(args: Partial<TenantArgs>): Promise<Tenant> {
  try {
    return new Tenant("acme", { ...TENANT, ...args });
  } finally {
    await runtime.disconnect();
  }
}

/** Inputs of everything in AWS, apart from the values that SSM encrypts. */
function openInputs(): string[] {
  return registered
    .filter(({ type }) => type.startsWith("aws:"))
    .map(({ type, name, inputs: { value, ...inputs } }) =>
      JSON.stringify(
        type === PARAMETER && inputs["type"] === "SecureString"
          ? { name, ...inputs }
          : { name, ...inputs, value },
      ),
    );
}

/** Every secret of a tenant, also as base64 and percent-encoded text may carry it. */
async function canariesOf({ secrets, bucket }: Tenant): Promise<string[]> {
  const plain = [PASSWORD, TUNNEL_SECRET, TOKEN_VALUE, await resolved(secrets.connectorToken)];
  if (bucket?.credentials !== undefined) {
    const credentials = await resolved(bucket.credentials);
    plain.push(credentials.secretAccessKey, environmentFile(credentials));
  }
  return plain.flatMap((secret) => [
    secret,
    Buffer.from(secret).toString("base64").replace(/=+$/, ""),
    encodeURIComponent(secret),
  ]);
}

describe("a tenant's resources in AWS", () => {
  it.each<readonly [string, Partial<TenantArgs>]>([
    ["nothing that somebody asked for", {}],
    ["no bucket", { bucket: undefined }],
    ["two generations of the bucket's key", { bucket: { keyGenerations: [1, 2] } }],
    ["four replicas", { host: { ...HOST, subnetIds: ["a", "b", "c", "d"] } }],
    ["a container", { host: { ...HOST, app: { container: { image: "ghcr.io/acme/app:1", port: 80 } } } }],
    ["a unit", { host: { ...HOST, app: { unit: "my-app.service" } } }],
    ["a cloud-config", { host: { ...HOST, cloudConfig: EXTRA_CLOUD_CONFIG } }],
    ["variables", { host: { ...HOST, environment: { LOG_LEVEL: "info" } } }],
    [
      "a mirror and sessions",
      { host: { ...HOST, cloudflaredMirror: "https://x.com/y", sessionManager: true } },
    ],
    ["a customer's key", { kmsKeyArn: KEY }],
  ])("have no secret in the open with %s", async (_, args) => {
    const canaries = await canariesOf(await build(args));
    const open = openInputs();
    const documents = open.filter((text) => text.includes("#cloud-config"));
    expect(documents).toHaveLength(args.host?.subnetIds.length ?? 1);
    for (const canary of canaries) expect(open.filter((text) => text.includes(canary))).toEqual([]);
  });

  it("have them in the values that SSM encrypts, and there as canaries know them", async () => {
    const canaries = await canariesOf(await build({}));
    const encrypted = registered
      .filter(({ type, inputs }) => type === PARAMETER && inputs["type"] === "SecureString")
      .map(({ inputs }) => String(inputs["value"]));
    expect(encrypted).toHaveLength(2);
    for (const value of encrypted) expect(canaries.some((canary) => value.includes(canary))).toBe(true);
  });
});

describe("user data of a component used alone", () => {
  it.each([
    ["environment", { environment: { LONG: "x".repeat(USER_DATA_LIMIT) } }],
    ["cloudConfig", { cloudConfig: { runcmd: ["x".repeat(USER_DATA_LIMIT)] } }],
  ])("is refused above what EC2 takes, with %s as what is too big", async (name, settings) => {
    await expect(build({ host: { ...HOST, ...settings } })).rejects.toThrow(
      new RegExp(`${name}.*${USER_DATA_LIMIT}`, "s"),
    );
  });

  it("is refused when it would change what is ours, with the place", async () => {
    const cloudConfig = { write_files: [{ path: "/etc/tenant-edge/host.env", content: "" }] };
    await expect(build({ host: { ...HOST, cloudConfig } })).rejects.toThrow(
      /cloudConfig\.write_files\.0\.path|cloudConfig\.write_files\[0\]\.path/,
    );
  });
});
