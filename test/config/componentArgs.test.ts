/** What is written in a stack file arrives at the components. */
import { output } from "@pulumi/pulumi";
import { expect, it } from "vitest";
import type { Network } from "../../components/network.ts";
import { networkArgs, tenantArgs } from "../../config/componentArgs.ts";
import type { LoadedStack } from "../../config/load.ts";
import { parseStack, type RawStack } from "../../config/parse.ts";
import { resolveTenant } from "../../config/tenants.ts";
import { REGION, rawStack } from "./stacks.ts";

const KEY = "arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-0000-0000-000000000000";

const ORIGIN = {
  service: "https://localhost:8443",
  connectTimeoutSeconds: 5,
  httpHostHeader: "app.internal",
  originServerName: "app.example.com",
  noTlsVerify: true,
};

const ROUTE = {
  path: "^/socket",
  service: "https://localhost:9000",
  connectTimeoutSeconds: 6,
  httpHostHeader: "socket.internal",
  originServerName: "socket.example.com",
  noTlsVerify: true,
};

const BUCKET = {
  name: "acme-objects",
  location: "apac",
  jurisdiction: "eu",
  storageClass: "InfrequentAccess",
  access: "read-only",
  protect: false,
  keyGenerations: [1, 3],
  lifecycleRules: [
    {
      id: "old",
      prefix: "logs/",
      expireAfterDays: 90,
      infrequentAccessAfterDays: 30,
      abortMultipartAfterDays: 2,
    },
  ],
};

const HOST = {
  imageId: "ami-00000000000000001",
  instanceType: "m7i.large",
  rootVolumeGiB: 20,
  replicas: 3,
  cloudflaredMirror: "https://mirror.example.com/cloudflared",
  protocol: "http2",
  edgeIpVersion: "auto",
  edgeRegion: "us",
  pollSeconds: 30,
  sessionManager: true,
  replacementTimeoutSeconds: 600,
  environment: { LOG_LEVEL: "debug" },
  app: { container: { image: "ghcr.io/acme/app:1", port: 8443 } },
  cloudConfig: { packages: ["htop"] },
};

const TENANT = {
  id: "acme",
  displayName: "Acme Ltd.",
  subdomain: "shop",
  hostnames: ["acme.example.com"],
  origin: ORIGIN,
  routes: [ROUTE],
  tunnelSecretGeneration: 3,
  bucket: BUCKET,
  host: HOST,
};

function loaded(raw: RawStack): LoadedStack {
  const { config, problems } = parseStack(raw, REGION);
  if (config === undefined) throw new Error(JSON.stringify(problems));
  return {
    ...config,
    region: REGION,
    tenants: config.tenants.map((tenant) => resolveTenant(config, tenant)),
  };
}

function argsOfFirst(raw: RawStack, network: Network | undefined) {
  const stack = loaded(raw);
  const [tenant] = stack.tenants;
  if (tenant === undefined) throw new Error("the stack has no tenant");
  return tenantArgs(stack, tenant, network);
}

const { replicas: _replicas, ...HOST_SETTINGS } = HOST;

it("every setting of a tenant arrives", () => {
  const network = { vpcId: output("vpc-1"), privateSubnetIds: [output("subnet-1")] } as Network;
  const settings = { kmsKeyArn: KEY, tags: { team: "platform" } };
  expect(argsOfFirst(rawStack([TENANT], settings), network)).toEqual({
    environment: "staging",
    tenantId: "acme",
    displayName: "Acme Ltd.",
    accountId: "0123456789abcdef0123456789abcdef",
    zoneId: "fedcba9876543210fedcba9876543210",
    region: REGION,
    hostnames: ["shop.example.com", "acme.example.com"],
    origin: ORIGIN,
    routes: [ROUTE],
    suspended: false,
    tunnelSecretGeneration: 3,
    bucket: BUCKET,
    // One subnet, so that all three replicas are in it.
    host: { ...HOST_SETTINGS, vpcId: network.vpcId, subnetIds: Array(3).fill(network.privateSubnetIds[0]) },
    kmsKeyArn: KEY,
    tags: { team: "platform" },
  });
});

it("the stack's defaults arrive where the tenant says nothing", () => {
  const { name: _name, lifecycleRules: _rules, keyGenerations: _keys, ...bucketDefaults } = BUCKET;
  const args = argsOfFirst(
    rawStack([{ id: "acme", host: { enabled: false } }], { bucketDefaults }),
    undefined,
  );
  expect(args.bucket).toEqual({ ...bucketDefaults, name: "te-staging-acme", keyGenerations: [1] });
  expect([args.host, args.displayName]).toEqual([undefined, "acme"]);
});

it("every setting of a new network arrives", () => {
  const network = { cidrBlock: "10.20.0.0/16", availabilityZones: ["eu-west-1b", "eu-west-1c"] };
  expect(networkArgs(loaded(rawStack([], { network, tags: { team: "platform" } })))).toEqual({
    ...network,
    networkName: "te-staging",
    tags: { team: "platform", "tenant-edge:environment": "staging" },
  });
});

it("a new network is in the first two zones of its region", () => {
  expect(networkArgs(loaded(rawStack([]))).availabilityZones).toEqual(["eu-west-1a", "eu-west-1b"]);
});

it("an existing network arrives without the zones of a new one", () => {
  const network = { vpcId: "vpc-0123456789abcdef0", privateSubnetIds: ["subnet-0123456789abcdef0"] };
  const args = networkArgs(loaded(rawStack([], { network })));
  expect(args).toMatchObject(network);
  expect(args.availabilityZones).toBeUndefined();
});
