/** The engine's side of a served provider: its calls, in the recordings' notation of values. */
import { credentials, type ServiceError } from "@grpc/grpc-js";
import { PluginAttach, type PluginInfo } from "@pulumi/pulumi/proto/plugin_pb.js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import {
  CheckRequest,
  type CheckResponse,
  ConfigureRequest,
  type ConfigureResponse,
  CreateRequest,
  type CreateResponse,
  DeleteRequest,
  DiffRequest,
  DiffResponse,
  InvokeRequest,
  type InvokeResponse,
  ReadRequest,
  type ReadResponse,
  UpdateRequest,
  type UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb.js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb.js";
import type { ProviderDefinition } from "../../../sandbox/providers/providerDefinition.ts";
import { type ServedProvider, serveProvider } from "../../../sandbox/providers/serveProvider.ts";
import { struct, type Values, values } from "./wireValues.ts";

export interface CheckResult {
  inputs: Values;
  failures: { property: string; reason: string }[];
}

export interface DiffOutcome {
  changes: string;
  diffs: string[];
  replaces: string[];
  deleteBeforeReplace: boolean;
  /** Kind of the protocol by path. */
  detailed: Record<string, number>;
}

interface Change {
  olds: Values;
  oldInputs: Values;
  news: Values;
  ignoreChanges?: string[];
}

export class ProviderClient {
  readonly #client: ResourceProviderClient;
  readonly #served: ServedProvider | undefined;
  readonly #token: string;

  constructor(port: number, token: string, served?: ServedProvider) {
    this.#client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure(), {
      // A connection of its own for each client, as each provider resource of a program has.
      "grpc.use_local_subchannel_pool": 1,
    });
    this.#token = token;
    this.#served = served;
  }

  /** Serves the provider for this client alone. */
  static async of<Client>(definition: ProviderDefinition<Client>, token: string): Promise<ProviderClient> {
    const served = await serveProvider(definition);
    const client = new ProviderClient(served.port, token, served);
    await client.configure({});
    return client;
  }

  async close(): Promise<void> {
    this.#client.close();
    await this.#served?.close();
  }

  get #urn(): string {
    return `urn:pulumi:staging::tenant-edge::tenant-edge:index:Tenant$${this.#token}::x`;
  }

  #call<Response>(
    send: (done: (error: ServiceError | null, response: Response) => void) => unknown,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      send((error, response) => {
        if (error === null) resolve(response);
        else reject(error);
      });
    });
  }

  async version(): Promise<string> {
    const info = await this.#call<PluginInfo>((done) => this.#client.getPluginInfo(new Empty(), done));
    return info.getVersion();
  }

  async attach(engineAddress: string): Promise<void> {
    const request = new PluginAttach();
    request.setAddress(engineAddress);
    await this.#call<Empty>((done) => this.#client.attach(request, done));
  }

  async cancel(): Promise<void> {
    await this.#call<Empty>((done) => this.#client.cancel(new Empty(), done));
  }

  async configure(config: Values) {
    const request = new ConfigureRequest();
    request.setArgs(struct(config));
    return this.#call<ConfigureResponse>((done) => this.#client.configure(request, done));
  }

  async checkConfig(config: Values): Promise<CheckResult> {
    const request = new CheckRequest();
    request.setNews(struct(config));
    return checkResult(await this.#call<CheckResponse>((done) => this.#client.checkConfig(request, done)));
  }

  async check(news: Values, olds: Values = {}): Promise<CheckResult> {
    const request = new CheckRequest();
    request.setUrn(this.#urn);
    request.setNews(struct(news));
    request.setOlds(struct(olds));
    return checkResult(await this.#call<CheckResponse>((done) => this.#client.check(request, done)));
  }

  async diff(change: Change): Promise<DiffOutcome> {
    const request = new DiffRequest();
    request.setUrn(this.#urn);
    request.setOlds(struct(change.olds));
    request.setOldInputs(struct(change.oldInputs));
    request.setNews(struct(change.news));
    request.setIgnorechangesList(change.ignoreChanges ?? []);
    const response = await this.#call<DiffResponse>((done) => this.#client.diff(request, done));
    const detailed = [...response.getDetaileddiffMap().entries()];
    return {
      changes: response.getChanges() === DiffResponse.DiffChanges.DIFF_SOME ? "SOME" : "NONE",
      diffs: response.getDiffsList(),
      replaces: response.getReplacesList(),
      deleteBeforeReplace: response.getDeletebeforereplace(),
      detailed: Object.fromEntries(detailed.map(([path, diff]) => [path, diff.getKind()])),
    };
  }

  async create(inputs: Values, preview = false): Promise<{ id: string; outputs: Values }> {
    const request = new CreateRequest();
    request.setUrn(this.#urn);
    request.setProperties(struct(inputs));
    request.setPreview(preview);
    const response = await this.#call<CreateResponse>((done) => this.#client.create(request, done));
    return { id: response.getId(), outputs: values(response.getProperties()) };
  }

  async update(id: string, change: Change, preview = false): Promise<Values> {
    const request = new UpdateRequest();
    request.setUrn(this.#urn);
    request.setId(id);
    request.setOlds(struct(change.olds));
    request.setOldInputs(struct(change.oldInputs));
    request.setNews(struct(change.news));
    request.setPreview(preview);
    return values(
      (await this.#call<UpdateResponse>((done) => this.#client.update(request, done))).getProperties(),
    );
  }

  async read(
    id: string,
    state: Values,
    inputs: Values,
  ): Promise<{ id: string; outputs: Values; inputs: Values }> {
    const request = new ReadRequest();
    request.setUrn(this.#urn);
    request.setId(id);
    request.setProperties(struct(state));
    request.setInputs(struct(inputs));
    const response = await this.#call<ReadResponse>((done) => this.#client.read(request, done));
    return {
      id: response.getId(),
      outputs: values(response.getProperties()),
      inputs: values(response.getInputs()),
    };
  }

  async delete(id: string, state: Values): Promise<void> {
    const request = new DeleteRequest();
    request.setUrn(this.#urn);
    request.setId(id);
    request.setProperties(struct(state));
    await this.#call<Empty>((done) => this.#client.delete(request, done));
  }

  async invoke(token: string, args: Values): Promise<Values> {
    const request = new InvokeRequest();
    request.setTok(token);
    request.setArgs(struct(args));
    return values(
      (await this.#call<InvokeResponse>((done) => this.#client.invoke(request, done))).getReturn(),
    );
  }
}

function checkResult(response: CheckResponse): CheckResult {
  return {
    inputs: values(response.getInputs()),
    failures: response.getFailuresList().map((failure) => ({
      property: failure.getProperty(),
      reason: failure.getReason(),
    })),
  };
}
