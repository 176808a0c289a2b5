/**
 * Stacks for the Pulumi Kubernetes Operator, one for each stack of an environment. A pure function.
 *
 * Source: pulumi-kubernetes-operator 2.9.0, "API Reference" (docs/stacks.md) and "Migration" (service account).
 */

/** What the operator needs to know of a stack file. */
export interface OperatedShard {
  stack: string;
  /** Cloudflare account. */
  account: string;
  /** Stack whose network its hosts live in. Default: its own. */
  networkOf?: string | undefined;
  /** Whether a passphrase encrypts its secrets. */
  hasPassphrase: boolean;
  /** Whether its file has the token of Cloudflare's API. */
  hasApiToken: boolean;
}

export interface ManifestOptions {
  /** Name of the environment. */
  environment: string;
  /** Of the project: `https://github.com/acme/edge`. */
  repository: string;
  branch: string;
  /** Folder of Pulumi.yaml in the repository. Default: its root. */
  folder?: string | undefined;
  /** Default: that of kubectl's context. */
  namespace?: string | undefined;
  /** `s3://bucket?region=…`. Default: Pulumi Cloud. */
  backend?: string | undefined;
  /** True: it is in the Secret, and is none of Pulumi Cloud. */
  backendInSecret: boolean;
  /** Organization of Pulumi Cloud, or of a backend of one's own. Default: that of the backend. */
  organization?: string | undefined;
  /** Whether Pulumi.yaml says where the backend is. */
  projectHasBackend: boolean;
  /** Kubernetes Secret with the variables. Its values are in no manifest. */
  secret: string;
  /** Runs the workspaces; it has the cluster role `system:auth-delegator`. */
  serviceAccount: string;
  /** True: AWS keys are in the Secret. False: the service account has a role. */
  awsKeys: boolean;
  /** True: the repository is private, its token is in the Secret. */
  gitToken: boolean;
  /** With the engine, Node 22.18 or newer and npm. */
  image: string;
}

interface SecretRef {
  type: "Secret";
  secret: { name: string; key: string };
}

interface LiteralRef {
  type: "Literal";
  literal: { value: string };
}

export interface StackManifest {
  apiVersion: "pulumi.com/v1";
  kind: "Stack";
  metadata: { name: string; namespace?: string; labels: Record<string, string> };
  spec: {
    stack: string;
    serviceAccountName: string;
    projectRepo: string;
    branch: string;
    repoDir?: string;
    shallow: boolean;
    gitAuth?: { accessToken: SecretRef };
    backend?: string;
    useLocalStackOnly: boolean;
    destroyOnFinalize: boolean;
    resyncFrequencySeconds: number;
    workspaceReclaimPolicy: "Delete";
    prerequisites?: { name: string }[];
    envRefs: Record<string, SecretRef | LiteralRef>;
    updateTemplate: { spec: { continueOnError: boolean } };
    workspaceTemplate: {
      spec: {
        image: string;
        securityProfile: "restricted";
        resources: { requests: Record<"cpu" | "memory", string> };
      };
    };
  };
}

/** Between two looks of the operator whether the branch has a new commit. */
const POLL_SECONDS = 300;
/** The engine, its providers and the program, whose 50 tenants take 340 MB. */
const REQUESTS = { cpu: "500m", memory: "1536Mi" };
const API_TOKEN = "CLOUDFLARE_API_TOKEN";
const GIT_TOKEN = "GIT_ACCESS_TOKEN";
/** The operator hands `backend` on under the same name; the engine takes it before that of Pulumi.yaml. */
const BACKEND_URL = "PULUMI_BACKEND_URL";

/** By the validation of the CRD, and the rules of Kubernetes for names. */
export const LONGEST_NAME = 42;
export const MANIFEST_NAME = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;

export function manifestName(stack: string): string {
  return `tenant-edge-${stack.toLowerCase().replaceAll("_", "-")}`;
}

/** Names of the Secret's values that a stack takes, as they are called in its environment. */
function secretVariables(
  shard: OperatedShard,
  options: ManifestOptions,
  hasAccounts: boolean,
): Record<string, string> {
  const { backend, backendInSecret, projectHasBackend, awsKeys } = options;
  const isElsewhere = backendInSecret || projectHasBackend;
  const isCloud = backend === undefined ? !isElsewhere : backend.startsWith("https://");
  // A token is of one account.
  const apiToken = hasAccounts ? `${API_TOKEN}_${shard.account}` : API_TOKEN;
  const same = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, name]));
  return {
    ...(shard.hasApiToken ? {} : { [API_TOKEN]: apiToken }),
    ...(shard.hasPassphrase ? same("PULUMI_CONFIG_PASSPHRASE") : {}),
    ...(backendInSecret ? same(BACKEND_URL) : {}),
    ...(isCloud ? same("PULUMI_ACCESS_TOKEN") : {}),
    ...(awsKeys ? same("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY") : {}),
  };
}

function manifest(
  shard: OperatedShard,
  options: ManifestOptions,
  shards: readonly OperatedShard[],
): StackManifest {
  const { environment, repository, branch, folder, namespace, backend, organization, secret } = options;
  const hasAccounts =
    new Set(shards.filter((each) => !each.hasApiToken).map(({ account }) => account)).size > 1;
  const fromSecret = (key: string): SecretRef => ({ type: "Secret", secret: { name: secret, key } });
  const variables = Object.entries(secretVariables(shard, options, hasAccounts));
  const home = shards.find(({ stack }) => stack === shard.networkOf?.split("/").at(-1));
  return {
    apiVersion: "pulumi.com/v1",
    kind: "Stack",
    metadata: {
      name: manifestName(shard.stack),
      ...(namespace === undefined ? {} : { namespace }),
      labels: { "app.kubernetes.io/part-of": "tenant-edge", "tenant-edge/environment": environment },
    },
    spec: {
      stack: organization === undefined ? shard.stack : `${organization}/${shard.stack}`,
      serviceAccountName: options.serviceAccount,
      projectRepo: repository,
      branch,
      ...(folder === undefined ? {} : { repoDir: folder }),
      shallow: true,
      ...(options.gitToken ? { gitAuth: { accessToken: fromSecret(GIT_TOKEN) } } : {}),
      ...(backend === undefined ? {} : { backend }),
      // Stacks are made by add-shard, with their encryption: a name that is mistyped makes none.
      useLocalStackOnly: true,
      // Whoever deletes the manifest does not delete customers.
      destroyOnFinalize: false,
      resyncFrequencySeconds: POLL_SECONDS,
      // Otherwise a pod of each stack stays, and waits for the next commit.
      workspaceReclaimPolicy: "Delete",
      ...(home === undefined ? {} : { prerequisites: [{ name: manifestName(home.stack) }] }),
      envRefs: {
        ...Object.fromEntries(variables.map(([name, key]) => [name, fromSecret(key)])),
        // The program needs no compiler and no sandbox. npm documentation, "config: omit".
        NPM_CONFIG_OMIT: { type: "Literal", literal: { value: "dev" } },
      },
      updateTemplate: { spec: { continueOnError: true } },
      workspaceTemplate: {
        spec: { image: options.image, securityProfile: "restricted", resources: { requests: REQUESTS } },
      },
    },
  };
}

export function stackManifests(shards: readonly OperatedShard[], options: ManifestOptions): StackManifest[] {
  return shards.map((shard) => manifest(shard, options, shards));
}

/** Keys that the Secret has to have, sorted. */
export function secretKeys(manifests: readonly StackManifest[]): string[] {
  const refs = manifests.flatMap(({ spec: { envRefs, gitAuth } }) => [
    ...Object.values(envRefs),
    ...(gitAuth === undefined ? [] : [gitAuth.accessToken]),
  ]);
  return [...new Set(refs.flatMap((ref) => (ref.type === "Secret" ? [ref.secret.key] : [])))].sort();
}
