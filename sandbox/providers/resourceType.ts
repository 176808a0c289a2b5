/**
 * What a sandbox provider knows about one resource type: a table of facts plus the calls it makes.
 *
 * Everything else (gRPC, secrets, unknowns, refusing arguments that the pinned package does not have, required
 * arguments, planning, diffing) is the same for every type and lives beside this file. The names of arguments and
 * outputs come from the pinned packages' type declarations (`generated/*.json`), never from here.
 *
 * Where a field takes argument paths, `[]` stands for any index: `policies[].effect`.
 */

/** Plain values: secrets are unwrapped, and what create, read, update and delete get is known. */
// biome-ignore lint/suspicious/noExplicitAny: property bags of any resource type; each definition narrows its own.
export type Properties = Record<string, any>;

export interface CheckFailure {
  /** Path of the argument, or "" where the real provider names none. */
  property: string;
  reason: string;
}

export interface Resource {
  id: string;
  /** Every output of the real resource; what is left out here counts as absent, not as unknown. */
  outputs: Properties;
}

export interface ReadResource extends Resource {
  /**
   * The inputs that a refresh or an import writes into the state.
   * @default on a refresh the outputs of the same names as the old inputs; on an import every argument that the
   * outputs have and that is neither filled in by the provider nor equal to its default
   */
  inputs?: Properties;
}

/** What a definition may need to know besides the properties. */
export interface OperationContext {
  urn: string;
  /** The resource's name in the program (last part of the URN). */
  name: string;
  /** A message in the engine's own log, shown to the user beside the resource. */
  warn(message: string): void;
  signal: AbortSignal;
}

export interface ResourceType<Client> {
  /** Pulumi type token, for example `cloudflare:index/dnsRecord:DnsRecord`. */
  token: string;
  /** Arguments whose change replaces the resource. */
  replaceOn: readonly string[];
  /** Of `replaceOn`: arguments that update in place when they are taken away. */
  keepWhenRemoved?: readonly string[];
  /**
   * Of `changed`: arguments whose change replaces in this case, besides those of `replaceOn`. `olds` are the outputs
   * (old inputs for arguments that are no outputs), `news` the planned arguments; unknown values are `undefined`.
   */
  replaceWhen?: (changed: readonly string[], olds: Properties, news: Properties) => readonly string[];
  /** True when the replacement must delete first (the real bridge says so for named AWS resources). */
  deleteBeforeReplace?: (olds: Properties, news: Properties) => boolean;
  /** Outputs that are always secret. One that is an argument too is secret among the inputs as well. */
  secretOutputs?: readonly string[];
  /**
   * Optional arguments (also paths into nested ones) that the provider fills in when they are not given: unknown in
   * the preview of a create, and no difference when the program gives none.
   */
  optionalComputed?: readonly string[];
  /** Values that Check writes into the inputs when the program gives none; kept from one update to the next. */
  defaults?: (
    inputs: Properties,
    context: { name: string; urn: string; randomSeed: Uint8Array },
  ) => Properties;
  /** Values the provider plans for arguments that are not given: in the outputs, not in the inputs. */
  plannedDefaults?: Readonly<Properties>;
  /** Allowed values by argument path, besides those that the package's declarations list. */
  choices?: Record<string, readonly string[]>;
  /** Refusals beyond required, unknown and choice arguments. Unknown values are `undefined` here. */
  check?: (inputs: Properties, context: { name: string }) => CheckFailure[];
  /** Arguments whose change the real provider does not notice. */
  ignoredChanges?: readonly string[];
  /** True when two different values of an argument mean the same (a policy's JSON, the order of a set). */
  equal?: Record<string, (old: unknown, next: unknown, news: Properties) => boolean>;
  /** Outputs that an update makes unknown in preview, given the changed arguments. Given arguments stay known. */
  unknownOnUpdate?: (changed: readonly string[], news: Properties) => readonly string[];
  /** Outputs that an update takes away, given the changed arguments. */
  absentOnUpdate?: (changed: readonly string[], news: Properties) => readonly string[];
  /** Warnings that the real provider prints at create and in preview. */
  warnings?: readonly string[];
  /** The real resource's outputs do not repeat its id. */
  withoutIdOutput?: true;
  /** Upstream names of arguments, where they are not the snake case of Pulumi's; they stand in error texts. */
  upstreamNames?: Record<string, string>;
  /** `inputs` are the planned ones: `plannedDefaults` filled in. */
  create(client: Client, inputs: Properties, context: OperationContext): Promise<Resource>;
  /** `undefined`: it is gone. `state` is empty on an import. */
  read(
    client: Client,
    id: string,
    state: Properties,
    context: OperationContext,
  ): Promise<ReadResource | undefined>;
  /**
   * Returns the new outputs. Absent: every change replaces.
   * `news` are the planned ones: `plannedDefaults` and what `optionalComputed` keeps from `olds` (the outputs) filled in.
   */
  update?(
    client: Client,
    id: string,
    olds: Properties,
    news: Properties,
    context: OperationContext,
  ): Promise<Properties>;
  /** Absent: deletion makes no call, as with a tunnel's configuration. */
  delete?(client: Client, id: string, state: Properties, context: OperationContext): Promise<void>;
}

/** A data source: `getAvailabilityZones` and the like. */
export interface FunctionType<Client> {
  token: string;
  invoke(client: Client, args: Properties): Promise<Properties>;
}

/**
 * An error after the resource already exists (a wait that failed): it stays in the state with this id and
 * properties, and the next `up` updates it instead of making another.
 */
export class PartiallyCreatedError extends Error {
  readonly resource: Resource;

  constructor(message: string, resource: Resource) {
    super(message);
    this.name = "PartiallyCreatedError";
    this.resource = resource;
  }
}
