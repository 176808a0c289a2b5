/** Makes a stack in the backend, with encrypted settings of another one; no stack file of the project is touched. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { stringify } from "yaml";
import { readYaml } from "../../config/yamlText.ts";
import { type Encryption, encryptionIn } from "../../environment/newShardText.ts";
import { backendFolder } from "../engine/backendFolder.ts";
import { isExistingStack } from "../engine/failures.ts";
import { DetachedPulumi, EngineCommandError } from "../engine/pulumiCommand.ts";
import { ErrorCode, OperationError } from "../errors.ts";

export interface EngineOptions {
  /** Folder of Pulumi.yaml. */
  directory: string;
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
}

export interface NewStackOptions extends EngineOptions {
  name: string;
  /** With a slash at the end, as its full name has it: `acme/`. Empty for what is the default, or has none. */
  organization: string;
  /** The stack that it is like: its name, what encrypts its secrets, and those of its values that are encrypted. */
  like: string;
  encryption: Encryption;
  secrets: Readonly<Record<string, unknown>>;
}

export interface NewStack {
  /** What encrypts its secrets: for its stack file. */
  encryption: Encryption;
  /** The encrypted values, in its own encryption. */
  secrets: Record<string, unknown>;
}

const LONGEST = 4000;

/** What the engine said, which masks secrets. */
function failed(what: string, error: unknown): unknown {
  if (!(error instanceof EngineCommandError)) return error;
  return new OperationError(
    ErrorCode.UpdateFailed,
    `${what}; nothing was changed:\n${error.stderr.trim().slice(0, LONGEST)}`,
    { ways: ["mend what it names and run it again"] },
  );
}

export function takenName(name: string, where: string): OperationError {
  return new OperationError(ErrorCode.NameTaken, `There is ${where} already; nothing was changed.`, {
    ways: [`name the new stack with --name; or take ${name} away first when nobody needs it`],
  });
}

/** Names of the project's stacks in the backend; `acme/prod` where the organization is not the default one. */
export async function stackNamesInBackend({ directory, env, signal }: EngineOptions): Promise<string[]> {
  const pulumi = await DetachedPulumi.find(env);
  try {
    const { stdout } = await pulumi.run(
      ["stack", "ls", "--json"],
      directory,
      {},
      undefined,
      undefined,
      signal,
    );
    const stacks = JSON.parse(stdout) as { name: string }[];
    return stacks.map(({ name }) => name);
  } catch (error) {
    throw failed("The stacks of the backend could not be listed", error);
  }
}

/** A backend that `Pulumi.yaml` or the environment names by a relative path, for an engine that runs elsewhere. */
async function backendOf(pulumi: DetachedPulumi, directory: string): Promise<Record<string, string>> {
  const { stdout } = await pulumi.run(["whoami", "--json"], directory, {});
  const { url = "" } = JSON.parse(stdout) as { url?: string };
  const isRelative = url.startsWith("file://") && !/^file:\/\/[/~]/.test(url);
  const folder = isRelative ? backendFolder(url, directory) : undefined;
  return folder === undefined ? {} : { PULUMI_BACKEND_URL: pathToFileURL(dirname(folder)).href };
}

/** As `pulumi stack init` takes it. Undefined: what the backend has of itself, a passphrase or a key of Pulumi Cloud. */
function providerOf({ secretsprovider, encryptionsalt }: Encryption): string | undefined {
  if (typeof secretsprovider === "string") return secretsprovider;
  return encryptionsalt === undefined ? undefined : "passphrase";
}

/** A project with nothing but the names and what is secret, in a folder that only this user can read. */
async function projectWith(options: NewStackOptions): Promise<string> {
  const { directory, name, like, encryption, secrets } = options;
  const { value } = readYaml(await readFile(join(directory, "Pulumi.yaml"), "utf8"));
  const { name: project, backend } = value as { name: string; backend?: unknown };
  const folder = mkdtempSync(join(tmpdir(), "tenant-edge-stack-"));
  const write = (file: string, content: object) =>
    writeFileSync(join(folder, file), stringify(content), { mode: 0o600 });
  write("Pulumi.yaml", { name: project, runtime: "nodejs", ...(backend === undefined ? {} : { backend }) });
  write(`Pulumi.${like}.yaml`, { ...encryption, config: secrets });
  // With the salt of the other one, the engine refuses another passphrase.
  const { encryptionsalt } = encryption;
  if (encryptionsalt !== undefined) write(`Pulumi.${name}.yaml`, { encryptionsalt });
  return folder;
}

/**
 * The engine itself decrypts and encrypts: with a key service, and with Pulumi Cloud, each stack has a key of its own.
 *
 * @throws OperationError name-taken when there is such a stack; update-failed with the engine's words. None is left then.
 */
export async function makeStack(options: NewStackOptions): Promise<NewStack> {
  const { directory, env, name, organization, like, encryption, secrets, signal } = options;
  const pulumi = await DetachedPulumi.find(env);
  const folder = await projectWith(options);
  try {
    const provider = providerOf(encryption);
    const command = [
      ...["stack", "init", `${organization}${name}`, "--no-select"],
      ...(provider === undefined ? [] : ["--secrets-provider", provider]),
      ...(Object.keys(secrets).length === 0 ? [] : ["--copy-config-from", `${organization}${like}`]),
    ];
    await pulumi.run(command, folder, await backendOf(pulumi, directory), undefined, undefined, signal);
    const text = readFileSync(join(folder, `Pulumi.${name}.yaml`), "utf8");
    const { config = {} } = readYaml(text).value as { config?: Record<string, unknown> };
    return { encryption: encryptionIn(text), secrets: config };
  } catch (error) {
    if (isExistingStack(error)) throw takenName(name, `a stack ${name} in the backend`);
    await removeStack(options);
    throw failed(`The stack ${name} could not be made`, error);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One that holds nothing; the engine refuses any other. It is no error when there is none. */
export async function removeStack({ directory, env, organization, name }: NewStackOptions): Promise<void> {
  const pulumi = await DetachedPulumi.find(env);
  await pulumi
    .run(["stack", "rm", `${organization}${name}`, "--yes", "--preserve-config"], directory, {})
    .catch((error: unknown) => {
      if (!(error instanceof EngineCommandError)) throw error;
    });
}
