import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { type Sandbox, type SandboxOptions, startSandbox } from "../../sandbox/sandbox.ts";

const ACCOUNT = "0123456789abcdef0123456789abcdef";
const STACK = `config:
  aws:region: eu-central-1
  tenant-edge:cloudflare: { accountId: "${ACCOUNT}", zoneId: fedcba9876543210fedcba9876543210, zoneName: example.org }
  tenant-edge:hostDefaults: { imageId: ami-0123456789abcdef0, instanceType: m7i.large }
  tenant-edge:network: { vpcId: vpc-0123456789abcdef0, privateSubnetIds: [subnet-0123456789abcdef0] }
  tenant-edge:kmsKeyArn: arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000000
`;

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tenant-edge-sandbox-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "project"));
  writeFileSync(join(folder, "project/Pulumi.staging.yaml"), STACK);
  return folder;
}

async function start(folder: string, options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  const engine = {
    command: "/engine/pulumi",
    version: "3.255.0",
    source: "go",
    languageHost: "attached",
  } as const;
  return await startSandbox({ folder, project: join(folder, "project"), engine, ...options });
}

it("plays the world that the stack file names", async () => {
  const sandbox = await start(newFolder());
  onTestFinished(() => sandbox.close());
  expect(sandbox.aws.region).toBe("eu-central-1");
  expect(sandbox.cloudflare.zones.list()).toMatchObject([{ name: "example.org", accountId: ACCOUNT }]);
  const launched = await sandbox.aws.call("ec2:RunInstances", {
    ImageId: "ami-0123456789abcdef0",
    InstanceType: "m7i.large",
    SubnetId: "subnet-0123456789abcdef0",
    MinCount: 1,
    MaxCount: 1,
  });
  expect(launched.Instances).toHaveLength(1);
  const KeyId = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000000";
  const parameter = { Name: "/a", Value: "b", Type: "SecureString", KeyId } as const;
  await expect(sandbox.aws.call("ssm:PutParameter", parameter)).resolves.toMatchObject({ Version: 1 });
});

it("has after a restart what it had before", async () => {
  const folder = newFolder();
  const first = await start(folder);
  const tunnel = first.cloudflare.tunnels.create(ACCOUNT, { name: "kept", config_src: "cloudflare" });
  await first.close();
  const second = await start(folder);
  onTestFinished(() => second.close());
  expect(second.cloudflare.tunnels.get(tunnel.id)).toMatchObject({ name: "kept" });
});

it("runs side by side with another one", async () => {
  const [one, other] = [await start(newFolder()), await start(newFolder())];
  onTestFinished(() => one.close());
  onTestFinished(() => other.close());
  one.cloudflare.tunnels.create(ACCOUNT, { name: "mine", config_src: "cloudflare" });
  expect(other.cloudflare.tunnels.list()).toEqual([]);
  expect(new Set([...Object.values(one.urls), ...Object.values(other.urls)]).size).toBe(6);
});

it("attaches its providers to the engine, but for those that are to be real", async () => {
  const sandbox = await start(newFolder(), { realProviders: ["random", "cloudflare"] });
  onTestFinished(() => sandbox.close());
  expect(sandbox.env["PULUMI_DEBUG_PROVIDERS"]).toMatch(/^aws:\d+$/);
  expect(sandbox.env["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"]).toBe("false");
  // The real Cloudflare plugin then talks to the emulated API.
  expect(sandbox.env["CLOUDFLARE_BASE_URL"]).toBe(sandbox.urls.cloudflare);
  const verified = await fetch(`${sandbox.urls.cloudflare}/accounts/${ACCOUNT}/tokens/verify`, {
    headers: { authorization: `Bearer ${sandbox.env["CLOUDFLARE_API_TOKEN"]}` },
  });
  expect(verified.status).toBe(200);
});
