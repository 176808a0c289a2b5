/** Records what components register with the engine, and answers as the providers would. */
import { createHash } from "node:crypto";
import { type Output, runtime } from "@pulumi/pulumi";

/** Resource options as the engine gets them; resources as `<type> <name>`. */
export interface RegisteredOptions {
  protect: boolean;
  deleteBeforeReplace: boolean;
  deletedWith: string | undefined;
  ignoreChanges: string[];
  replaceOnChanges: string[];
  dependencies: string[];
}

export interface Registered {
  type: string;
  name: string;
  /** Inputs with secrets unwrapped. */
  inputs: Record<string, unknown>;
  options: RegisteredOptions;
}

/** What is read of the SDK's `RegisterResourceRequest`. */
interface RegisterRequest {
  getType(): string;
  getName(): string;
  getProtect(): boolean;
  getDeletebeforereplace(): boolean;
  getDeletedwith(): string;
  getIgnorechangesList(): string[];
  getReplaceonchangesList(): string[];
  getDependenciesList(): string[];
}

interface MockMonitor {
  registerResource(request: RegisterRequest, done: unknown): Promise<void>;
  registerErrorHook?(request: unknown, done: (error: null, answer: object) => void): void;
  registerResourceHook?(request: unknown, done: (error: null, answer: object) => void): void;
}

const keyOf = (type: string, name: string) => `${type} ${name}`;

function keyOfUrn(urn: string): string {
  const [, , types = "", name = ""] = urn.split("::");
  return keyOf(types.split("$").at(-1) ?? "", name);
}

function optionsOf(request: RegisterRequest): RegisteredOptions {
  const deletedWith = request.getDeletedwith();
  return {
    protect: request.getProtect(),
    deleteBeforeReplace: request.getDeletebeforereplace(),
    deletedWith: deletedWith === "" ? undefined : keyOfUrn(deletedWith),
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    dependencies: request.getDependenciesList().map(keyOfUrn),
  };
}

/** Completes the SDK's mock monitor, and tells the options of each resource right before it is registered. */
function completeMonitor(onRegister: (key: string, options: RegisteredOptions) => void): void {
  const monitor = runtime.getMonitor() as unknown as MockMonitor;
  const registerResource = monitor.registerResource.bind(monitor);
  monitor.registerResource = async (request, done) => {
    onRegister(keyOf(request.getType(), request.getName()), optionsOf(request));
    await registerResource(request, done);
  };
  // The monitor says that it supports hooks and then has no method for them.
  monitor.registerErrorHook = (_request, done) => done(null, {});
  monitor.registerResourceHook = (_request, done) => done(null, {});
}

export const ACCOUNT_ID = "0123456789abcdef0123456789abcdef";
export const ZONE_ID = "fedcba9876543210fedcba9876543210";

export const PASSWORD = "canary".repeat(10);
/** SHA-256 of that, in base64: the tunnel's secret. */
export const TUNNEL_SECRET = "h1adW+y/SrE6mGLnOg0IkeRusZavCLMs0rmUpihSspM=";
export const TOKEN_VALUE = "cfat_canary-value-of-the-bucket-token-0123456789";

const SECRET_SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET_MARK = "1b47061264138c4ac30d75fd1eb44270";

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  if (Reflect.get(value, SECRET_SIGNATURE) === SECRET_MARK) return plain(Reflect.get(value, "value"));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

function secretValue(value: string): unknown {
  return { [SECRET_SIGNATURE]: SECRET_MARK, value };
}

function outputsOf(type: string, name: string): Record<string, unknown> {
  switch (type) {
    case "random:index/randomPassword:RandomPassword":
      return { result: secretValue(PASSWORD), bcryptHash: secretValue("hash") };
    case "cloudflare:index/accountToken:AccountToken":
      return { value: secretValue(TOKEN_VALUE) };
    case "aws:ssm/parameter:Parameter":
      return { arn: `arn:aws:ssm:eu-west-1:123456789012:parameter/${name}` };
    default:
      return {};
  }
}

/** The id that a resource gets: stable and different for each. */
export function idOf(type: string, name: string): string {
  return createHash("sha256").update(`${type}/${name}`).digest("hex").slice(0, 32);
}

/**
 * Starts recording; call it before the components are made. The list fills while the engine would be working.
 *
 * @param gone the resources have no outputs, as those that an interrupted destroy has already deleted.
 */
export async function recordResources({ gone = false } = {}): Promise<Registered[]> {
  const registered: Registered[] = [];
  const options = new Map<string, RegisteredOptions>();
  await runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        const known = options.get(keyOf(type, name));
        if (known === undefined) throw new Error(`${name} was read and not registered`);
        registered.push({ type, name, inputs: plain(inputs) as Record<string, unknown>, options: known });
        if (gone) return { id: "", state: {} };
        return { id: idOf(type, name), state: { ...inputs, ...outputsOf(type, name) } };
      },
      call: ({ inputs }) => inputs,
    },
    "tenant-edge",
    "staging",
    false,
  );
  completeMonitor((key, known) => options.set(key, known));
  return registered;
}

/** The value of an output, once it is there. */
export async function resolved<T>(output: Output<T>): Promise<T> {
  return await new Promise((resolve) => {
    output.apply((value) => {
      resolve(value as T);
      return value;
    });
  });
}

/** True when the engine would encrypt the output in its state and hide it in its plans. */
export async function isSecret(output: Output<unknown>): Promise<boolean> {
  return await (output as Output<unknown> & { isSecret: Promise<boolean> }).isSecret;
}

/** The only registered resource of this type (and name). */
export function only(registered: readonly Registered[], type: string, name?: string): Registered {
  const found = registered.filter(
    (resource) => resource.type === type && (name === undefined || resource.name === name),
  );
  const [first, ...rest] = found;
  if (first === undefined || rest.length > 0) {
    const there = registered.map((resource) => `${resource.type} ${resource.name}`).join("\n");
    throw new Error(`${found.length} resources of type ${type} ${name ?? ""}; there are:\n${there}`);
  }
  return first;
}
