import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { stringify } from "yaml";
import type { LoadedStack } from "../../config/load.ts";
import { needsNetwork, networkUsers } from "../../config/networkUsers.ts";
import { parseStack } from "../../config/parse.ts";
import { resolveTenant } from "../../config/tenants.ts";
import { REGION, rawStack } from "./stacks.ts";

/** Of the stack prod-1, whose Pulumi.yaml is in this folder. */
const program = vi.hoisted(() => ({ folder: "", answer: (_kind: string): object => ({}) }));
vi.mock("@pulumi/pulumi", async (original) => {
  const sdk = await original<typeof import("@pulumi/pulumi")>();
  return {
    ...sdk,
    runtime: {
      ...sdk.runtime,
      invoke: async (token: string) => ({ outputs: program.answer(token.replace("pulumi:pulumi:", "")) }),
    },
    getOrganization: () => "organization",
    getProject: () => "tenant-edge",
    getStack: () => "prod-1",
    getRootDirectory: () => program.folder,
  };
});

function loaded(tenants: object[], network: object): LoadedStack {
  const { config, problems } = parseStack(rawStack(tenants, { network }), REGION);
  if (config === undefined) throw new Error(JSON.stringify(problems));
  return {
    ...config,
    region: REGION,
    tenants: config.tenants.map((tenant) => resolveTenant(config, tenant)),
  };
}

/** The VPC that prod-1 has made. */
const OWN_VPC = "vpc-11111111";

/** Beside prod-1's file, one of prod-2. */
function besideFile(other: object): void {
  program.folder = mkdtempSync(join(tmpdir(), "tenant-edge-stack-"));
  onTestFinished(() => rmSync(program.folder, { recursive: true }));
  const config = Object.entries({ environment: "staging", ...other }).map(([key, value]) => [
    `tenant-edge:${key}`,
    value,
  ]);
  writeFileSync(
    join(program.folder, "Pulumi.prod-2.yaml"),
    stringify({ config: Object.fromEntries(config) }),
  );
}

const HOSTLESS = { id: "acme", host: { enabled: false } };
const OTHER = { network: { stack: "prod-1" }, tenants: [{ id: "globex" }] };
/** As long as a zone is taken away. */
const BY_ID = { vpcId: OWN_VPC, privateSubnetIds: ["subnet-22222222"] };

it.each<[string, object[], object, object, boolean]>([
  ["for a host of its own", [{ id: "acme" }], {}, {}, true],
  ["for nobody", [HOSTLESS], {}, { ...OTHER, network: {} }, false],
  ["for a host of a stack that names it", [], {}, OTHER, true],
  [
    "for one that names it in full",
    [],
    {},
    { ...OTHER, network: { stack: "organization/tenant-edge/prod-1" } },
    true,
  ],
  ["for one that names its VPC", [], {}, { ...OTHER, network: BY_ID }, true],
  ["not for one in another VPC", [], {}, { ...OTHER, network: { ...BY_ID, vpcId: "vpc-33333333" } }, false],
  [
    "for one whose list is elsewhere",
    [],
    {},
    { ...OTHER, tenantList: "s3://lists/prod-2", tenants: [] },
    true,
  ],
  ["not for one that names another", [], {}, { ...OTHER, network: { stack: "prod-3" } }, false],
  ["not for one without hosts", [], {}, { ...OTHER, tenants: [{ ...HOSTLESS, id: "globex" }] }, false],
  ["not for one of another environment", [], {}, { ...OTHER, environment: "prod" }, false],
  ["not when it uses another's itself", [HOSTLESS], { stack: "prod-3" }, OTHER, false],
])("a stack needs a network %s", async (_, own, network, other, expected) => {
  besideFile(other);
  expect(await needsNetwork(loaded(own, network), OWN_VPC)).toBe(expected);
});

/** Outputs of a tenant with a host. */
const DEPLOYED = {
  displayName: "Globex",
  hostname: "globex.example.com",
  hostnames: ["globex.example.com"],
  url: "https://globex.example.com",
  tunnelId: "t",
  tunnelName: "staging-globex",
  bucket: null,
  endpoint: null,
  instanceIds: ["i-1"],
  hostReports: [],
  keyGenerations: [],
  parameterNames: [],
};

/** What the engine says of prod-2. */
interface Said {
  outputs?: object | string;
  /** Of its state: the VPCs of its resources, by URN. */
  vpcs?: Record<string, string>;
}

async function usersOf(file: object, { outputs = {}, vpcs = {} }: Said) {
  besideFile(file);
  program.answer = (kind) => {
    if (typeof outputs === "string") throw new Error(outputs);
    if (kind === "readStackOutputs") return outputs;
    return Object.fromEntries(
      Object.entries(vpcs).map(([urn, vpcId]) => [urn, { type: "any", outputs: { vpcId } }]),
    );
  };
  return await networkUsers("staging", OWN_VPC);
}

const GROUP = "urn:pulumi:prod-2::tenant-edge::aws:ec2/securityGroup:SecurityGroup::globex-host";
const ELSEWHERE = { ...OTHER, network: {} };
const GLOBEX = { stack: "prod-2", tenant: "globex", subnetIds: null };

describe("users of the network", () => {
  it.each<[string, object, Said, object[]]>([
    [
      "a host that names the stack",
      OTHER,
      { outputs: { network: { stack: "prod-1" }, tenants: { globex: DEPLOYED } } },
      [GLOBEX],
    ],
    [
      "a host that names the VPC",
      { ...OTHER, network: BY_ID },
      { outputs: { network: BY_ID, tenants: { globex: DEPLOYED } } },
      [GLOBEX],
    ],
    [
      "a host whose file names it no more, but is not up yet",
      ELSEWHERE,
      { outputs: { network: BY_ID, tenants: { globex: DEPLOYED } } },
      [GLOBEX],
    ],
    [
      "a tenant whose outputs cannot be read",
      OTHER,
      { outputs: { network: { stack: "prod-1" }, tenants: { globex: "?" } } },
      [GLOBEX],
    ],
    [
      "what a first update that failed has made there",
      OTHER,
      { vpcs: { [GROUP]: OWN_VPC } },
      [{ ...GLOBEX, tenant: "globex-host" }],
    ],
    ["nobody: what it made is elsewhere", OTHER, { vpcs: { [GROUP]: "vpc-33333333" } }, []],
    ["nobody: it was destroyed", OTHER, {}, []],
    ["nobody: it was never made", OTHER, { outputs: 'unknown stack "prod-2"' }, []],
    [
      "nobody: it cannot be read, and has nothing to do with it",
      ELSEWHERE,
      { outputs: "bad passphrase" },
      [],
    ],
  ])("%s", async (_, file, said, users) => {
    expect(await usersOf(file, said)).toEqual(users);
  });

  it("are not known when a stack that names it cannot be read: said with its file and the reason", async () => {
    await expect(usersOf(OTHER, { outputs: "bad passphrase" })).rejects.toThrow(
      /^Pulumi\.prod-2\.yaml names the network of this stack.*bad passphrase.*take the file away/,
    );
  });
});
