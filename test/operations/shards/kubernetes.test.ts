/** Manifests for the Pulumi Kubernetes Operator, against the schema that it publishes. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import type { OperationError } from "../../../operations/errors.ts";
import { kubernetesStacks } from "../../../operations/shards/kubernetes/kubernetesStacks.ts";
import { hasSecret } from "../../../operations/shards/kubernetes/urlSecrets.ts";
import { runFake } from "../../cli/fakeCli.ts";
import { shardFolder, stackText } from "../../environment/shardFolder.ts";

const CRD = new URL("../../fixtures/pulumi-operator-stack.json", import.meta.url);
const { schema, group, kind, version } = JSON.parse(readFileSync(CRD, "utf8")) as {
  schema: Record<string, unknown>;
  group: string;
  kind: string;
  version: string;
};

/** A cluster drops fields that the schema does not have; here each of them is refused. */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed);
  if (typeof node !== "object" || node === null) return node;
  const fields = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closed(value)]));
  const isOpen = "additionalProperties" in node || "x-kubernetes-preserve-unknown-fields" in node;
  const isObject = "properties" in node && (node as { type?: unknown }).type === "object";
  return isObject && !isOpen ? { ...fields, additionalProperties: false } : fields;
}

const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(
  closed(schema) as object,
);

function expectValid(manifest: object): void {
  expect(validate(manifest), JSON.stringify(validate.errors)).toBe(true);
  const { metadata, ...rest } = manifest as { metadata: { name: string; labels: Record<string, string> } };
  expect(rest).toMatchObject({ apiVersion: `${group}/${version}`, kind });
  // What the schema leaves to the cluster. The operator itself takes no longer name.
  expect(["name", "namespace", "labels"]).toEqual(expect.arrayContaining(Object.keys(metadata)));
  expect(metadata.name).toMatch(/^[a-z0-9][a-z0-9.-]{0,40}[a-z0-9]$/);
  for (const value of Object.values(metadata.labels)) expect(value).toMatch(/^[A-Za-z0-9][\w.-]{0,62}$/);
}

const SALT = "encryptionsalt: v1:c2FsdA==:v1:bm9uY2U=:d29yZA==\n";
const OTHER_ACCOUNT = {
  cloudflare: { accountId: "f".repeat(32), zoneId: "e".repeat(32), zoneName: "example.net" },
};

function folderOf(texts: Record<string, string>, project = ""): string {
  const folder = shardFolder(texts);
  writeFileSync(join(folder, "Pulumi.yaml"), `name: tenant-edge\nruntime: nodejs\n${project}`);
  return folder;
}

const PROD = () =>
  folderOf({
    "prod-10": stackText([], { environment: "prod", network: { stack: "organization/tenant-edge/prod" } }),
    prod: SALT + stackText([], { environment: "prod" }),
    "prod-2": stackText([], { environment: "prod", network: { stack: "prod" } }),
    staging: stackText([], { environment: "staging" }),
  });

const REPOSITORY = "https://github.com/acme/edge";
const manifests = (directory: string, options: object = {}) =>
  kubernetesStacks({ environment: "prod", repository: REPOSITORY, directory, ...options });

describe("the manifests of an environment", () => {
  it("are what the operator's schema takes, with every option", async () => {
    const all = {
      branch: "release",
      folder: "edge",
      namespace: "platform",
      backend: "s3://acme-pulumi?region=eu-west-1",
      organization: "acme",
      secret: "edge-secrets",
      serviceAccount: "edge",
      awsKeys: true,
      gitToken: true,
      image: "registry.example.com/pulumi:1",
    };
    for (const options of [{}, all]) {
      const found = await manifests(PROD(), options);
      expect(found.manifests.map(({ spec }) => spec.stack.replace("acme/", ""))).toEqual([
        "prod",
        "prod-2",
        "prod-10",
      ]);
      for (const manifest of found.manifests) expectValid(manifest);
    }
  });

  it("the check refuses a field that the schema does not have, at any depth", async () => {
    const [manifest] = (await manifests(PROD())).manifests;
    const { spec } = structuredClone(manifest) as unknown as { spec: Record<string, Record<string, object>> };
    expect(validate({ ...manifest, spec: { ...spec, branches: "main" } })).toBe(false);
    const workspace = { spec: { ...spec["workspaceTemplate"]?.["spec"], images: "x" } };
    expect(validate({ ...manifest, spec: { ...spec, workspaceTemplate: workspace } })).toBe(false);
    expect(validate({ ...manifest, spec: { ...spec, destroyOnFinalize: "false" } })).toBe(false);
  });

  it("destroy nothing, make no stacks, and wait for the stack that has the network", async () => {
    const [first, second, tenth] = (await manifests(PROD())).manifests;
    expect(first?.spec).toMatchObject({ destroyOnFinalize: false, useLocalStackOnly: true });
    expect(first?.spec).not.toHaveProperty("prerequisites");
    for (const each of [second, tenth])
      expect(each?.spec.prerequisites).toEqual([{ name: "tenant-edge-prod" }]);
  });

  it("take secrets from the cluster's Secret alone, those that each stack needs", async () => {
    const { manifests: found, secret } = await manifests(PROD());
    expect(secret).toEqual({
      name: "tenant-edge-prod",
      keys: ["CLOUDFLARE_API_TOKEN", "PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE"],
    });
    expect(found[0]?.spec.envRefs["PULUMI_CONFIG_PASSPHRASE"]).toEqual({
      type: "Secret",
      secret: { name: "tenant-edge-prod", key: "PULUMI_CONFIG_PASSPHRASE" },
    });
    expect(found[1]?.spec.envRefs).not.toHaveProperty("PULUMI_CONFIG_PASSPHRASE");
  });

  it("need no token of Pulumi Cloud when the project's states are elsewhere", async () => {
    const prod = stackText([], { environment: "prod" });
    const { secret } = await manifests(folderOf({ prod }, "backend:\n  url: s3://acme-pulumi\n"));
    expect(secret.keys).toEqual(["CLOUDFLARE_API_TOKEN"]);
  });

  it("have a token for each Cloudflare account, but for stacks that have their own", async () => {
    const own = `${stackText([], { environment: "prod", ...OTHER_ACCOUNT })}  cloudflare:apiToken:\n    secure: v1:abc\n`;
    const prod = stackText([], { environment: "prod" });
    const other = stackText([], { environment: "prod", ...OTHER_ACCOUNT });
    const backend = "s3://acme-pulumi";
    expect((await manifests(folderOf({ prod, own }), { backend })).secret.keys).toEqual([
      "CLOUDFLARE_API_TOKEN",
    ]);
    expect((await manifests(folderOf({ prod, other }), { backend })).secret.keys).toEqual([
      "CLOUDFLARE_API_TOKEN_0123456789abcdef0123456789abcdef",
      `CLOUDFLARE_API_TOKEN_${"f".repeat(32)}`,
    ]);
  });
});

it("what no cluster could use is refused as a whole, and a password in the URL is not repeated", async () => {
  const long = "prod-for-the-customers-of-northern-europe";
  const folder = folderOf({
    [long]: stackText([], { environment: "prod" }),
    Prod: stackText([], { environment: "prod" }),
    prod: stackText([], { environment: "prod" }),
  });
  const asked = manifests(folder, {
    repository: "https://bot:hunter2@github.com/acme/edge",
    backend: "file:///home/me/state",
    namespace: "Not Good",
  });
  const error = (await asked.catch((thrown: unknown) => thrown)) as Error & { problems: { path: string }[] };
  expect(error.problems.map(({ path }) => path)).toEqual([
    "repository (--repo)",
    "backend (--backend)",
    "namespace (--namespace)",
    expect.stringMatching(/^Pulumi\.[Pp]rod\.yaml$/),
    `Pulumi.${long}.yaml`,
  ]);
  expect(error.message).not.toContain("hunter2");
});

describe("the URL of the states", () => {
  const SECRETS = [
    "postgres://pulumi:hunter2@db/state",
    "postgres://pulumi:hun/ter2@db/state",
    "postgres://pulumi:hun?ter2@db/state",
    "postgres://pulumi:@hunter2@db/state",
    "postgres://db/state?user=pulumi&password=hunter2",
    "postgres://db/state?sslmode=require&SSLPassword=hunter2",
    "s3://state?region=eu-west-1&accessKey=hunter2",
    "s3://state?endpoint=https://me:hunter2@minio",
    "azblob://state?sv=2024&sig=hunter2",
    "https://state.example.com?X-Amz-Signature=hunter2",
    "https://state.example.com?pass%77ord=hunter2",
    "https://hunter2@api.example.com",
  ];

  it.each(
    SECRETS,
  )("%s goes into the Secret, from wherever it comes, and is not repeated", async (backend) => {
    const prod = stackText([], { environment: "prod" });
    const asked = {
      "backend (--backend)": () => manifests(folderOf({ prod }), { backend }),
      "Pulumi.yaml: backend.url": () =>
        manifests(folderOf({ prod }, `backend:\n  url: ${JSON.stringify(backend)}\n`)),
    };
    for (const [path, ask] of Object.entries(asked)) {
      const error = (await ask().catch((thrown: unknown) => thrown)) as OperationError;
      expect(error.problems[0]?.path).toBe(path);
      expect(error.message).toContain("PULUMI_BACKEND_URL");
      expect(JSON.stringify([error.message, error.problems])).not.toContain("ter2");
    }
  });

  it.each([
    "s3://acme-pulumi/edge?region=eu-west-1&endpoint=http://localhost:9000&s3ForcePathStyle=true&kmskeyid=1",
    "gs://acme-pulumi?access_id=edge&private_key_path=/keys/edge.json",
    "azblob://acme?storage_account=edge",
    "postgres://pulumi@db:5432/state?sslmode=verify-full&sslkey=/keys/edge.pem",
    "https://api.example.com",
    "ssh://git@github.com/acme/edge",
    "git@github.com:acme/edge.git",
  ])("%s has nothing secret", (url) => {
    expect(hasSecret(url)).toBe(false);
  });

  it("is taken from the Secret when it is there, before that of Pulumi.yaml", async () => {
    const prod = stackText([], { environment: "prod" });
    const folder = folderOf({ prod }, "backend:\n  url: postgres://pulumi:hunter2@db/state\n");
    const { manifests: found, secret } = await manifests(folder, { backendInSecret: true });
    expect(secret.keys).toEqual(["CLOUDFLARE_API_TOKEN", "PULUMI_BACKEND_URL"]);
    const [manifest] = found;
    if (manifest === undefined) throw new Error("no manifest");
    expectValid(manifest);
    expect(manifest.spec).not.toHaveProperty("backend");
    expect(manifest.spec.envRefs["PULUMI_BACKEND_URL"]).toEqual({
      type: "Secret",
      secret: { name: "tenant-edge-prod", key: "PULUMI_BACKEND_URL" },
    });
    await expect(manifests(folder, { backendInSecret: true, backend: "s3://state" })).rejects.toThrow(
      /beside --backend-secret/,
    );
  });
});

describe("tenant-edge kubernetes", () => {
  const command = ["kubernetes", "--env", "prod", "--repo", REPOSITORY, "--backend", "s3://acme-pulumi"];

  it("prints one YAML document per stack, and to people the keys of the Secret", async () => {
    const { stdout, stderr, exitCode } = await runFake(command, { directory: PROD(), env: {} });
    expect(exitCode).toBe(0);
    const documents = parseAllDocuments(stdout).map((document) => document.toJS() as object);
    expect(documents).toHaveLength(3);
    for (const document of documents) expectValid(document);
    expect(stderr).toBe(
      "The Secret tenant-edge-prod has to have: CLOUDFLARE_API_TOKEN, PULUMI_CONFIG_PASSPHRASE.\n",
    );
  });

  it("with --json prints a list that kubectl takes, too", async () => {
    const { stdout } = await runFake([...command, "--json"], { directory: PROD(), env: {} });
    const { items, ...list } = JSON.parse(stdout) as { items: object[] };
    expect(list).toEqual({ apiVersion: "v1", kind: "List" });
    for (const item of items) expectValid(item);
  });

  it("takes the URL of the states from the Secret", async () => {
    const given = ["kubernetes", "--env", "prod", "--repo", REPOSITORY, "--backend-secret"];
    const { stdout, stderr, exitCode } = await runFake(given, { directory: PROD(), env: {} });
    expect(exitCode).toBe(0);
    expect(stdout).toContain("key: PULUMI_BACKEND_URL");
    expect(stderr).toContain("PULUMI_BACKEND_URL");
    expect(stderr).not.toContain("PULUMI_ACCESS_TOKEN");
  });

  it("asks for the repository where git knows of none", async () => {
    const { exitCode, stderr } = await runFake(["kubernetes", "--env", "prod"], {
      directory: PROD(),
      env: {},
    });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("--repo");
  });
});
