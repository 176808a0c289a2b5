/** `tenant-edge kubernetes`: an environment's stacks for the Pulumi Kubernetes Operator. */
import type { Command } from "commander";
import { exampleText } from "./exampleText.ts";
import { ExitCode } from "./exitCodes.ts";
import type { Finish } from "./finish.ts";
import { chosenEnvironment, type GlobalOptions, projectFolder } from "./globalOptions.ts";
import type { Surroundings } from "./surroundings.ts";
import { UsageError } from "./usageError.ts";

interface KubernetesOptions extends GlobalOptions {
  repo?: string;
  branch: string;
  dir?: string;
  namespace?: string;
  backend?: string;
  backendSecret?: true;
  org?: string;
  envSecret?: string;
  serviceAccount: string;
  awsKeys?: true;
  gitToken?: true;
  image?: string;
}

/** `git@github.com:acme/edge.git` */
const SCP_PLACE = /^(?:[^/@]+@)?([^/:@]+):(?!\/)(.+)$/;

/** What a remote is called by https, where a token opens it: without the user and the password that may be in it. */
function httpsPlace(remote: string): string {
  const [, host, path] = SCP_PLACE.exec(remote) ?? [];
  if (host !== undefined && path !== undefined) return `https://${host}/${path}`;
  const url = URL.parse(remote);
  return url === null ? remote : `https://${url.host}${url.pathname}`;
}

/** What git says in a folder; undefined when it has nothing to say. */
async function git(
  directory: string,
  env: NodeJS.ProcessEnv,
  ...args: string[]
): Promise<string | undefined> {
  const { execa } = await import("execa");
  const { stdout, failed } = await execa("git", args, {
    cwd: directory,
    env,
    extendEnv: false,
    reject: false,
  });
  return failed || stdout.trim() === "" ? undefined : stdout.trim();
}

async function repositoryOf(directory: string, env: NodeJS.ProcessEnv): Promise<string> {
  const remote = await git(directory, env, "config", "--get", "remote.origin.url");
  if (remote !== undefined) return httpsPlace(remote);
  throw new UsageError("No repository is named, and git knows of none here.", [
    "Name it with --repo, as https://github.com/acme/edge.",
  ]);
}

async function run(options: KubernetesOptions, surroundings: Surroundings): Promise<ExitCode> {
  const { stdout, stderr, env } = surroundings;
  const directory = projectFolder(options, surroundings);
  const environment = chosenEnvironment(options, directory, env);
  const [{ kubernetesStacks }, { stringify }] = await Promise.all([
    import("../operations/shards/kubernetes/kubernetesStacks.ts"),
    import("yaml"),
  ]);
  const { manifests, secret } = await kubernetesStacks({
    directory,
    environment,
    repository: options.repo ?? (await repositoryOf(directory, env)),
    branch: options.branch,
    folder: options.dir ?? (await git(directory, env, "rev-parse", "--show-prefix")),
    namespace: options.namespace,
    backend: options.backend,
    backendInSecret: options.backendSecret === true,
    organization: options.org,
    secret: options.envSecret,
    serviceAccount: options.serviceAccount,
    awsKeys: options.awsKeys === true,
    gitToken: options.gitToken === true,
    image: options.image,
  });
  if (options.json) {
    stdout.write(`${JSON.stringify({ apiVersion: "v1", kind: "List", items: manifests }, null, 2)}\n`);
  } else {
    stdout.write(manifests.map((manifest) => `---\n${stringify(manifest, { lineWidth: 0 })}`).join(""));
  }
  stderr.write(`The Secret ${secret.name} has to have: ${secret.keys.join(", ")}.\n`);
  return ExitCode.done;
}

export function addKubernetesCommand(program: Command, surroundings: Surroundings, finish: Finish): void {
  program
    .command("kubernetes")
    .description("Print an environment's stacks for the Pulumi Kubernetes Operator")
    .option("--repo <url>", "the project's repository; default: git's origin, by https")
    .option("--branch <name>", "its branch", "main")
    .option("--dir <folder>", "folder of Pulumi.yaml in it; default: as git has it")
    .option("--namespace <name>", "default: that of kubectl's context")
    .option("--backend <url>", "where the states are; default: that of Pulumi.yaml, else Pulumi Cloud")
    .option("--backend-secret", "it has a password; it is in the Secret, as PULUMI_BACKEND_URL")
    .option("--org <name>", "organization of Pulumi Cloud; default: that of its token")
    .option("--env-secret <name>", "Kubernetes Secret with the variables; default: tenant-edge-<environment>")
    .option("--service-account <name>", "runs the workspaces", "tenant-edge")
    .option("--aws-keys", "AWS keys are in the Secret; otherwise the service account has a role")
    .option("--git-token", "the repository is private; its token is in the Secret, as GIT_ACCESS_TOKEN")
    .option("--image <name>", "image of the workspaces; default: Pulumi's own, of this package's version")
    .addHelpText(
      "after",
      exampleText("kubernetes", [
        ["--env prod --repo https://github.com/acme/edge > stacks.yaml", "a manifest per stack"],
        [
          "--env prod --backend 's3://acme-pulumi?region=eu-west-1' | kubectl apply -f -",
          "brings them to a cluster",
        ],
      ]),
    )
    .action(async (_: object, command: Command) => {
      finish(await run(command.optsWithGlobals<KubernetesOptions>(), surroundings));
    });
}
