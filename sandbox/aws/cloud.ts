/** An emulated AWS account in one region. */
import { unattributed } from "../faults/attribution.ts";
import type { Store } from "../store.ts";
import { Authorisation } from "./authorisation.ts";
import { CallLog } from "./callLog.ts";
import { Credentials, type InstanceCredentials } from "./credentials.ts";
import type { ImageRecord } from "./ec2/images.ts";
import { type InstanceRecord, resumeInstance } from "./ec2/instanceRecord.ts";
import { resumeNatGateway } from "./ec2/natGateways.ts";
import { decodeUserData } from "./ec2/userData.ts";
import { type ExistingNetwork, ensureExistingNetwork } from "./existingNetwork.ts";
import { type InventoryItem, inventory } from "./inventory.ts";
import type { KeyRecord } from "./kms.ts";
import { AwsError, type Caller, type Handlers } from "./operation.ts";
import { type AwsOperations, allHandlers } from "./operations.ts";
import { defaultQuotas, type Quotas } from "./quotas.ts";
import type { SsmAgents } from "./ssm/agents.ts";
import { type AwsState, type InstanceEvent, openState, type Tags } from "./state.ts";
import { Transitions } from "./transitions.ts";
import { awsWire } from "./wire/app.ts";

export interface AwsCall {
  /** `ec2:CreateVpc` */
  operation: keyof AwsOperations;
  input: object;
  caller: Caller;
}

/**
 * Stands between a caller and the service: may refuse by throwing an AwsError, delay, answer in the service's
 * place, or lose the answer of a call that took effect.
 */
export type AwsInterceptor = (call: AwsCall, proceed: () => Promise<object>) => Promise<object>;

export interface AwsOptions {
  store: Store;
  /** For example `eu-west-1`. */
  region: string;
  /** Twelve digits. */
  accountId: string;
  /** Default: the system's clock. */
  now?: () => Date;
  /** How long an instance or NAT gateway takes to get into its next state. Default 20. */
  transitionMilliseconds?: number;
  /** Default: AWS's own, with the vCPUs raised. */
  quotas?: Partial<Quotas>;
  /** Default: every call goes straight to the service. */
  intercept?: AwsInterceptor;
}

/** What a host's emulation needs to know about its instance. */
export interface SandboxInstance extends Omit<InstanceRecord, "userData" | "firstBootUserData"> {
  /** Clear text; empty when there is none. cloud-init has run `firstBootUserData`, which a later change leaves alone. */
  userData: string;
  firstBootUserData: string;
  /** ARN of the role in the instance's profile; absent when profile or role are gone. */
  roleArn?: string;
  publicIp?: string;
  securityGroupIds: string[];
  /** cloudflared that the image carries. */
  cloudflaredVersion?: string;
  /** Unit files that the image carries for apps, by name. */
  imageUnits?: Readonly<Record<string, string>>;
  tags: Tags;
}

export class Aws {
  readonly region: string;
  readonly accountId: string;
  readonly calls = new CallLog();
  /** The wire protocols of EC2, IAM, SSM and STS on `POST /`. */
  readonly wire: ReturnType<typeof awsWire>;
  readonly #state: AwsState;
  readonly #credentials: Credentials;
  readonly #authorisation: Authorisation;
  readonly #handlers: Handlers<AwsOperations>;
  readonly #intercept: AwsInterceptor | undefined;
  #agents: SsmAgents | undefined;
  readonly #listeners = new Set<(event: InstanceEvent) => void>();

  constructor(options: AwsOptions) {
    this.region = options.region;
    this.accountId = options.accountId;
    this.#intercept = options.intercept;
    this.#state = openState(options.store, {
      region: options.region,
      accountId: options.accountId,
      quotas: { ...defaultQuotas, ...options.quotas },
      transitions: new Transitions(options.transitionMilliseconds ?? 20),
      now: options.now ?? (() => new Date()),
      emit: (event) => this.#emit(event),
      agents: () => this.#agents,
    });
    this.#authorisation = new Authorisation(this.#state);
    this.#credentials = new Credentials(this.#state);
    this.#handlers = allHandlers(this.#state, this.#authorisation);
    this.wire = awsWire(this, this.#credentials);
    for (const instance of this.#state.instances.values()) resumeInstance(this.#state, instance);
    for (const gateway of this.#state.natGateways.values()) resumeNatGateway(this.#state, gateway);
  }

  /**
   * Calls one operation as `caller` (default: the deployer, who may do everything).
   * Throws AwsError when AWS would refuse.
   */
  async call<Name extends keyof AwsOperations>(
    name: Name,
    input: AwsOperations[Name]["input"],
    caller: Caller = this.#credentials.deployer(),
  ): Promise<AwsOperations[Name]["output"]> {
    const handler = this.#handlers[name] as (input: object, caller: Caller) => object;
    const proceed = async () => {
      await this.#authorisation.check(name, input, caller);
      return handler(input, caller);
    };
    try {
      const answer = await (this.#intercept?.({ operation: name, input, caller }, proceed) ?? proceed());
      this.calls.record({ operation: name, caller: caller.arn });
      return answer as AwsOperations[Name]["output"];
    } catch (error) {
      const code = error instanceof AwsError ? error.code : "InternalError";
      this.calls.record({ operation: name, caller: caller.arn, error: code });
      throw error;
    }
  }

  /** Makes an image exist; RunInstances refuses any other. */
  ensureImage(image: Omit<ImageRecord, "creationDate"> & { creationDate?: string }): void {
    const creationDate = image.creationDate ?? "2026-01-01T00:00:00.000Z";
    this.#state.images.put(image.id, { ...image, creationDate });
  }

  /** Makes a customer's KMS key exist. `keyId` is a UUID, `alias` begins with `alias/`. Returns its ARN. */
  ensureKey(key: Omit<KeyRecord, "arn">): string {
    const arn = `arn:aws:kms:${this.region}:${this.accountId}:key/${key.keyId}`;
    return this.#state.keys.put(key.keyId, { ...key, arn }).arn;
  }

  /** Makes one of AWS's public parameters (`/aws/service/…`) exist. */
  ensurePublicParameter(name: string, value: string): void {
    this.#state.parameters.put(name, {
      name,
      type: "String",
      tier: "Standard",
      dataType: "text",
      versions: [{ version: 1, value, modifiedAt: this.#state.now().toISOString() }],
      tags: {},
    });
  }

  /** Makes a network exist that a stack refers to by its ids. */
  ensureExistingNetwork(network: ExistingNetwork): void {
    ensureExistingNetwork(this.#state, network);
  }

  /** Calls the listener at every end of a transition. Returns the function that stops it. */
  onInstance(listener: (event: InstanceEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Says who plays the SSM agents of the instances. Returns the function that ends that. */
  attachAgents(agents: SsmAgents): () => void {
    this.#agents = agents;
    return () => {
      if (this.#agents === agents) this.#agents = undefined;
    };
  }

  /** `undefined` for an id that was never given or is no longer listed. */
  instance(instanceId: string): SandboxInstance | undefined {
    const record = this.#state.instances.get(instanceId);
    if (record === undefined) return undefined;
    const own = this.#state.networkInterfaces.get(record.networkInterfaceId);
    const profile = this.#state.instanceProfiles.get(record.profile?.profileName ?? "");
    const role = this.#state.roles.get(profile?.roleName ?? "");
    const { cloudflaredVersion, units: imageUnits } = this.#state.images.get(record.imageId) ?? {};
    return {
      ...record,
      userData: decodeUserData(record.userData),
      firstBootUserData: decodeUserData(record.firstBootUserData),
      securityGroupIds: own?.groupIds ?? [],
      tags: this.#state.ec2Tags.get(instanceId) ?? {},
      ...(role !== undefined && { roleArn: role.arn }),
      ...(own?.publicIp !== undefined && { publicIp: own.publicIp }),
      ...(cloudflaredVersion !== undefined && { cloudflaredVersion }),
      ...(imageUnits !== undefined && { imageUnits }),
    };
  }

  /** Version of an SSM parameter and when it was made, without a call; empty when there is none. */
  parameterRevision(name: string): string {
    const latest = this.#state.parameters.get(name)?.versions.at(-1);
    return latest === undefined ? "" : `${latest.version} ${latest.modifiedAt}`;
  }

  runningInstances(): SandboxInstance[] {
    return this.#state.instances.ids().flatMap((id) => {
      const instance = this.instance(id);
      return instance?.state === "running" ? [instance] : [];
    });
  }

  /** What the metadata service gives an instance; `undefined` when it has nothing (see `credentialsProblem`). */
  credentialsFor(instanceId: string): InstanceCredentials | undefined {
    return this.#credentials.forInstance(instanceId);
  }

  /** Why `credentialsFor` has nothing to give; `undefined` when it has. */
  credentialsProblem(instanceId: string): string | undefined {
    return this.#credentials.problem(instanceId);
  }

  /** Everything that somebody made and nobody removed. */
  inventory(): InventoryItem[] {
    return inventory(this.#state);
  }

  /** Stops all timers. Transitions go on when the same store is opened again. */
  close(): void {
    this.#state.transitions.close();
    this.#listeners.clear();
  }

  #emit(event: InstanceEvent): void {
    unattributed(() => {
      for (const listener of this.#listeners) listener(event);
    });
  }
}
