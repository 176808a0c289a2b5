/** What Pulumi's component analyzer, which makes packages for other languages, reads out of the components. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AnalyzeResult } from "@pulumi/pulumi/provider/experimental/analyzer.js";
import { Analyzer } from "@pulumi/pulumi/provider/experimental/analyzer.js";
import { afterAll, beforeAll, expect, it } from "vitest";

const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));

const FILES = {
  ConnectorHost: "connectorHost",
  Network: "network",
  Tenant: "tenant",
  TenantBucket: "tenantBucket",
  TenantSecrets: "tenantSecrets",
  TenantTunnel: "tenantTunnel",
};

let folder: string;
let analyzed: AnalyzeResult;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tenant-edge-analyzer-"));
  const entry = Object.entries(FILES).map(
    ([name, file]) =>
      `export { ${name} } from ${JSON.stringify(join(REPOSITORY, "components", `${file}.ts`))};\n`,
  );
  const tsconfig = {
    extends: join(REPOSITORY, "tsconfig.json"),
    compilerOptions: { incremental: false, typeRoots: [join(REPOSITORY, "node_modules/@types")] },
    files: ["index.ts"],
    include: [],
  };
  await writeFile(join(folder, "index.ts"), entry.join(""));
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(tsconfig));
  analyzed = new Analyzer(folder, "tenant-edge", {}, new Set(Object.keys(FILES))).analyze();
}, 60_000);

afterAll(async () => await rm(folder, { recursive: true, force: true }));

function required(component: string): string[] {
  return Object.entries(analyzed.components[component]?.inputs ?? {})
    .filter(([, { optional }]) => optional !== true)
    .map(([name]) => name);
}

it("finds all components", () => {
  expect(Object.keys(analyzed.components).sort()).toEqual(Object.keys(FILES));
});

it.each([
  [
    "ConnectorHost",
    [
      "hostName",
      "roleName",
      "region",
      "vpcId",
      "subnetId",
      "imageId",
      "parameterPath",
      "parameterArns",
      "reportParameter",
    ],
  ],
  ["Network", ["networkName"]],
  ["Tenant", ["environment", "tenantId", "accountId", "zoneId", "region", "hostnames"]],
  ["TenantBucket", ["accountId", "bucketName"]],
  ["TenantSecrets", ["parameterPath", "connectorToken"]],
  ["TenantTunnel", ["accountId", "zoneId", "tunnelName", "hostnames"]],
])("%s demands these arguments", (component, names) => {
  expect(required(component).sort()).toEqual(names.toSorted());
});

it.each([
  ["ConnectorHost", ["instanceId"]],
  ["Network", ["privateSubnetIds", "vpcId"]],
  ["Tenant", []],
  ["TenantBucket", ["bucketName", "credentials", "endpoint"]],
  ["TenantSecrets", ["parameterArns", "parameterNames"]],
  ["TenantTunnel", ["connectorToken", "tunnelId"]],
])("%s has these outputs", (component, names) => {
  expect(Object.keys(analyzed.components[component]?.outputs ?? {}).sort()).toEqual(names);
});

it("a choice is an enumeration of its values", () => {
  const values = analyzed.typeDefinitions["BucketJurisdiction"]?.enum?.map(({ value }) => value);
  expect(values?.sort()).toEqual(["default", "eu", "fedramp"]);
});
