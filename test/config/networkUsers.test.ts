import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { stringify } from "yaml";
import type { LoadedStack } from "../../config/load.ts";
import { needsNetwork } from "../../config/networkUsers.ts";
import { parseStack } from "../../config/parse.ts";
import { resolveTenant } from "../../config/tenants.ts";
import { REGION, rawStack } from "./stacks.ts";

/** Of the stack prod-1, whose Pulumi.yaml is in this folder. */
const program = vi.hoisted(() => ({ folder: "" }));
vi.mock("@pulumi/pulumi", async (original) => ({
  ...(await original<typeof import("@pulumi/pulumi")>()),
  getOrganization: () => "organization",
  getProject: () => "tenant-edge",
  getStack: () => "prod-1",
  getRootDirectory: () => program.folder,
}));

function loaded(tenants: object[], network: object): LoadedStack {
  const { config, problems } = parseStack(rawStack(tenants, { network }), REGION);
  if (config === undefined) throw new Error(JSON.stringify(problems));
  return {
    ...config,
    region: REGION,
    tenants: config.tenants.map((tenant) => resolveTenant(config, tenant)),
  };
}

/** Whether prod-1 needs a network beside the file of prod-2. */
async function needs(own: object[], network: object, other: object): Promise<boolean> {
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
  return needsNetwork(loaded(own, network));
}

const HOSTLESS = { id: "acme", host: { enabled: false } };
const OTHER = { network: { stack: "prod-1" }, tenants: [{ id: "globex" }] };

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
  ["not for one that names another", [], {}, { ...OTHER, network: { stack: "prod-3" } }, false],
  ["not for one without hosts", [], {}, { ...OTHER, tenants: [{ ...HOSTLESS, id: "globex" }] }, false],
  ["not for one of another environment", [], {}, { ...OTHER, environment: "prod" }, false],
  ["not when it uses another's itself", [HOSTLESS], { stack: "prod-3" }, OTHER, false],
])("a stack needs a network %s", async (_, own, network, other, expected) => {
  expect(await needs(own, network, other)).toBe(expected);
});
