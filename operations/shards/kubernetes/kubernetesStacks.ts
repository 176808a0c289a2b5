/** The manifests of an environment, from its stack files. Asks neither the engine nor a cloud. */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { findPackageJSON } from "node:module";
import { join, resolve } from "node:path";
import { type Problem, show } from "../../../config/problems.ts";
import { hasPassphrase } from "../../../config/statePassphrase.ts";
import { readYaml } from "../../../config/yamlText.ts";
import { readShardFiles, type ShardFile } from "../../../environment/shardFiles.ts";
import { readStackFile, refusal } from "../../configuration.ts";
import { ErrorCode } from "../../errors.ts";
import { inOrder } from "../order.ts";
import {
  LONGEST_NAME,
  MANIFEST_NAME,
  type ManifestOptions,
  manifestName,
  type OperatedShard,
  type StackManifest,
  secretKeys,
  stackManifests,
} from "./stackManifests.ts";
import { hasSecret } from "./urlSecrets.ts";

export interface KubernetesOptions {
  /** Name of the environment: `prod`. */
  environment: string;
  /** Folder of Pulumi.yaml and the stack files. Default: the present one. */
  directory?: string | undefined;
  /** Of the project: `https://github.com/acme/edge`, without user and password. */
  repository: string;
  /** Default main. */
  branch?: string | undefined;
  /** Folder of Pulumi.yaml in the repository. Default: its root. */
  folder?: string | undefined;
  namespace?: string | undefined;
  /** Where the states are: `s3://bucket?region=…`, without a password. Default: that of Pulumi.yaml, else Pulumi Cloud. */
  backend?: string | undefined;
  /** True: the Secret has it, with whatever is secret in it. Default false. */
  backendInSecret?: boolean | undefined;
  organization?: string | undefined;
  /** Kubernetes Secret with the variables. Default `tenant-edge-<environment>`. */
  secret?: string | undefined;
  /** Default `tenant-edge`. */
  serviceAccount?: string | undefined;
  /** Default false: the service account has a role. */
  awsKeys?: boolean | undefined;
  /** Default false: the repository is public. */
  gitToken?: boolean | undefined;
  /** With the engine, Node 22.18 or newer and npm. Default: Pulumi's own, of the version of this package. */
  image?: string | undefined;
}

export interface KubernetesStacks {
  manifests: StackManifest[];
  /** The Secret that has to be there, and its keys. */
  secret: { name: string; keys: string[] };
}

/** As Kubernetes takes names of namespaces, Secrets and service accounts. */
const OBJECT_NAME = /^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/;

/** @param ofProject what Pulumi.yaml says. */
function backendProblems(options: KubernetesOptions, ofProject: string | undefined): Problem[] {
  const { backend = ofProject, backendInSecret = false } = options;
  const path = options.backend === undefined ? "Pulumi.yaml: backend.url" : "backend (--backend)";
  if (backendInSecret) {
    const allowed = "nothing beside --backend-secret: the URL is in the Secret";
    return options.backend === undefined ? [] : [{ path, found: "a URL", allowed }];
  }
  if (backend === undefined) return [];
  if (hasSecret(backend)) {
    return [
      {
        path,
        found: "a URL with credentials in it",
        allowed: "the URL alone: manifests and repositories hold no secrets",
        action: "put it into the Secret as PULUMI_BACKEND_URL instead, and add --backend-secret",
      },
    ];
  }
  if (!backend.startsWith("file:")) return [];
  return [
    {
      path,
      found: show(backend),
      allowed: "a backend that pods of a cluster reach, s3://bucket?region=… or https://…",
      action: "move the states there first, with `pulumi stack export` and `pulumi stack import`",
    },
  ];
}

function optionProblems(options: KubernetesOptions, ofProject: string | undefined): Problem[] {
  const { repository, namespace, secret, serviceAccount } = options;
  const names = {
    "namespace (--namespace)": namespace,
    "secret (--env-secret)": secret,
    "serviceAccount (--service-account)": serviceAccount,
  };
  return [
    ...(hasSecret(repository)
      ? [
          {
            path: "repository (--repo)",
            found: "a URL with credentials in it",
            allowed: "the URL alone: manifests hold no secrets",
            action: "put a token into the Secret as GIT_ACCESS_TOKEN, and add --git-token",
          },
        ]
      : []),
    ...backendProblems(options, ofProject),
    ...Object.entries(names).flatMap(([path, name]) =>
      name === undefined || OBJECT_NAME.test(name)
        ? []
        : [{ path, found: show(name), allowed: "1 to 63 lower-case letters, digits, dots and hyphens" }],
    ),
  ];
}

function nameProblems(stacks: readonly string[]): Problem[] {
  return stacks.flatMap((stack, index): Problem[] => {
    const name = manifestName(stack);
    const path = `Pulumi.${stack}.yaml`;
    if (name.length > LONGEST_NAME || !MANIFEST_NAME.test(name)) {
      const allowed = `a stack whose manifest's name has at most ${LONGEST_NAME} letters, digits, dots and hyphens`;
      return [{ path, found: show(name), allowed }];
    }
    const other = stacks.slice(0, index).find((each) => manifestName(each) === name);
    return other === undefined
      ? []
      : [
          {
            path,
            found: show(name),
            allowed: "names that differ in more than case",
            action: `${other} has it, too`,
          },
        ];
  });
}

function fieldOf(value: unknown, key: string): string | undefined {
  const found =
    typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  return typeof found === "string" ? found : undefined;
}

async function operated(directory: string, { stack, raw }: ShardFile): Promise<OperatedShard> {
  const file = await readStackFile(directory, stack);
  const token = "cloudflare:apiToken";
  return {
    stack,
    account: fieldOf(raw["cloudflare"], "accountId") ?? "",
    networkOf: fieldOf(raw["network"], "stack"),
    hasPassphrase: hasPassphrase(file.text),
    hasApiToken: file.isEncrypted(token) || file.provider(token) !== undefined,
  };
}

async function projectBackend(directory: string): Promise<string | undefined> {
  const { value } = readYaml(await readFile(join(directory, "Pulumi.yaml"), "utf8"));
  return fieldOf((value as { backend?: unknown }).backend, "url");
}

/**
 * Runs as a user without rights, and has Node 26, 24 and 22. Source: pulumi-docker-containers, README and the image's
 * Dockerfile.
 */
function defaultImage(): string {
  const file = findPackageJSON("@pulumi/pulumi", import.meta.url);
  const { version = "latest" } = (file === undefined ? {} : JSON.parse(readFileSync(file, "utf8"))) as {
    version?: string;
  };
  return `pulumi/pulumi:${version}-nonroot`;
}

/** @throws OperationError with every problem of the options and of the names. */
export async function kubernetesStacks(options: KubernetesOptions): Promise<KubernetesStacks> {
  const { environment, organization, namespace, folder } = options;
  const directory = resolve(options.directory ?? ".");
  const [{ shards: found, unreadable }, ofProject] = await Promise.all([
    readShardFiles(directory, environment),
    projectBackend(directory),
  ]);
  const shards = inOrder(found);
  const problems = [
    ...unreadable,
    ...optionProblems(options, ofProject),
    ...nameProblems(shards.map(({ stack }) => stack)),
  ];
  if (problems.length > 0) throw refusal(ErrorCode.InvalidInput, "What is asked of the manifests", problems);
  const secret = options.secret ?? `tenant-edge-${environment}`;
  const settings: ManifestOptions = {
    environment,
    repository: options.repository,
    branch: options.branch ?? "main",
    folder,
    namespace,
    backend: options.backend,
    backendInSecret: options.backendInSecret ?? false,
    projectHasBackend: ofProject !== undefined,
    organization,
    secret,
    serviceAccount: options.serviceAccount ?? "tenant-edge",
    awsKeys: options.awsKeys ?? false,
    gitToken: options.gitToken ?? false,
    image: options.image ?? defaultImage(),
  };
  const manifests = stackManifests(
    await Promise.all(shards.map((shard) => operated(directory, shard))),
    settings,
  );
  return { manifests, secret: { name: secret, keys: secretKeys(manifests) } };
}
