import type { PackageSchema } from "./packageSchema.ts";
import type { CheckFailure, FunctionType, Properties, ResourceType } from "./resourceType.ts";

/** A whole provider: what `serveProvider` serves. */
export interface ProviderDefinition<Client> {
  /** Name of the package, as in type tokens and configuration: `cloudflare`. */
  name: string;
  /** Version of the pinned package; the engine warns about a plugin that says an older one than the SDK. */
  version: string;
  types: readonly ResourceType<Client>[];
  functions?: readonly FunctionType<Client>[];
  /** The generated arguments and outputs of the package; every token of `types` must be in it. */
  arguments: PackageSchema;
  /** Refusals of the provider's configuration (`pulumi config set cloudflare:apiToken`). Unknown values are absent. */
  checkConfig?: (config: Properties) => CheckFailure[];
  /** Called once for every provider resource of a program, with its configuration. Makes no call to the cloud. */
  configure(config: Properties): Client | Promise<Client>;
}
