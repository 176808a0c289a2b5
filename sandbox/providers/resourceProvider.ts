/** The engine's `ResourceProvider` service over a provider's definition: messages in, messages out. */
import type { handleUnaryCall, UntypedServiceImplementation } from "@grpc/grpc-js";
import type { PluginAttach, PluginInfo } from "@pulumi/pulumi/proto/plugin_pb.js";
import pluginMessages from "@pulumi/pulumi/proto/plugin_pb.js";
import type {
  CheckRequest,
  CheckResponse,
  ConfigureRequest,
  ConfigureResponse,
  CreateRequest,
  CreateResponse,
  DeleteRequest,
  DiffRequest,
  DiffResponse,
  GetSchemaResponse,
  InvokeRequest,
  InvokeResponse,
  ProviderHandshakeRequest,
  ProviderHandshakeResponse,
  ReadRequest,
  ReadResponse,
  UpdateRequest,
  UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import type { Empty } from "google-protobuf/google/protobuf/empty_pb.js";
import emptyMessages from "google-protobuf/google/protobuf/empty_pb.js";
import type { Faults } from "../faults/faults.ts";
import { ResourceOperation } from "../faults/kinds.ts";
import { withFaults } from "../faults/providerFaults.ts";
import { decode, encode, knownOnly, reveal } from "./propertyValue.ts";
import type { ProviderDefinition } from "./providerDefinition.ts";
import { type About, changeOf, failureMessage, nameOf, propertyDiff, tokenOf } from "./providerMessages.ts";
import { ResourceHandler } from "./resourceHandler.ts";
import type { OperationContext } from "./resourceType.ts";
import { serviceError } from "./serviceError.ts";
import { type Session, Sessions } from "./session.ts";

export class ResourceProvider<Client> {
  readonly #definition: ProviderDefinition<Client>;
  readonly #handlers: Map<string, ResourceHandler<Client>>;
  readonly #functions: Map<string, NonNullable<ProviderDefinition<Client>["functions"]>[number]>;
  readonly #sessions = new Sessions<Client>();
  readonly #faults: Faults | undefined;

  constructor(definition: ProviderDefinition<Client>, faults?: Faults) {
    this.#definition = definition;
    this.#faults = faults;
    this.#handlers = new Map(
      definition.types.map((type) => [type.token, new ResourceHandler(type, definition.arguments)]),
    );
    this.#functions = new Map(definition.functions?.map((declared) => [declared.token, declared]));
  }

  /** Ends all sessions; what is under way is aborted. */
  close(): void {
    this.#sessions.closeAll();
  }

  /** The service's methods, for a gRPC server. What is not here answers UNIMPLEMENTED. */
  service(): UntypedServiceImplementation {
    const unary =
      <Request, Response>(
        answer: (request: Request, peer: string) => Response | Promise<Response>,
      ): handleUnaryCall<Request, Response> =>
      (call, callback) => {
        Promise.resolve()
          .then(() => answer(call.request, call.getPeer()))
          .then(
            (response) => callback(null, response),
            (error: unknown) => callback(serviceError(error)),
          );
      };
    return {
      handshake: unary((request: ProviderHandshakeRequest, peer) => this.#handshake(request, peer)),
      attach: unary((request: PluginAttach, peer) => this.#attach(request.getAddress(), peer)),
      getPluginInfo: unary(() => this.#pluginInfo()),
      getSchema: unary(() => this.#schema()),
      checkConfig: unary((request: CheckRequest) => this.#checkConfig(request)),
      diffConfig: unary(() => this.#diffConfig()),
      configure: unary((request: ConfigureRequest, peer) => this.#configure(request, peer)),
      check: unary((request: CheckRequest) => this.#check(request)),
      diff: unary((request: DiffRequest) => this.#diff(request)),
      create: unary((request: CreateRequest, peer) => this.#create(request, this.#sessions.of(peer))),
      read: unary((request: ReadRequest, peer) => this.#read(request, this.#sessions.of(peer))),
      update: unary((request: UpdateRequest, peer) => this.#update(request, this.#sessions.of(peer))),
      delete: unary((request: DeleteRequest, peer) => this.#delete(request, this.#sessions.of(peer))),
      invoke: unary((request: InvokeRequest, peer) => this.#invoke(request, this.#sessions.of(peer))),
      cancel: unary((_request: Empty, peer) => this.#cancel(peer)),
    };
  }

  #handshake(request: ProviderHandshakeRequest, peer: string): ProviderHandshakeResponse {
    this.#sessions.open(peer).attach(request.getEngineAddress());
    const response = new messages.ProviderHandshakeResponse();
    response.setAcceptSecrets(true);
    response.setAcceptResources(true);
    response.setAcceptOutputs(true);
    return response;
  }

  #attach(engineAddress: string, peer: string): Empty {
    this.#sessions.open(peer).attach(engineAddress);
    return new emptyMessages.Empty();
  }

  #cancel(peer: string): Empty {
    this.#sessions.of(peer).cancel();
    return new emptyMessages.Empty();
  }

  #pluginInfo(): PluginInfo {
    const info = new pluginMessages.PluginInfo();
    info.setVersion(this.#definition.version);
    return info;
  }

  #schema(): GetSchemaResponse {
    const { name, version } = this.#definition;
    const response = new messages.GetSchemaResponse();
    response.setSchema(JSON.stringify({ name, version }));
    return response;
  }

  #checkConfig(request: CheckRequest): CheckResponse {
    const config = knownOnly(reveal(decode(request.getNews())));
    const response = new messages.CheckResponse();
    response.setInputs(request.getNews());
    response.setFailuresList((this.#definition.checkConfig?.(config) ?? []).map(failureMessage));
    return response;
  }

  /** A changed configuration (another token, another address) replaces no resource, as with the real providers. */
  #diffConfig(): DiffResponse {
    const response = new messages.DiffResponse();
    response.setChanges(messages.DiffResponse.DiffChanges.DIFF_UNKNOWN);
    return response;
  }

  async #configure(request: ConfigureRequest, peer: string): Promise<ConfigureResponse> {
    const config = knownOnly(reveal(decode(request.getArgs())));
    const client = await this.#definition.configure(config);
    this.#sessions.open(peer).configured = { client };
    const response = new messages.ConfigureResponse();
    response.setAcceptsecrets(true);
    response.setSupportspreview(true);
    response.setAcceptresources(true);
    response.setAcceptoutputs(true);
    return response;
  }

  #check(request: CheckRequest): CheckResponse {
    const urn = request.getUrn();
    const context = { urn, name: nameOf(urn), randomSeed: request.getRandomseed_asU8() };
    const olds = decode(request.getOlds());
    const { inputs, failures } = this.#handler(request).check(olds, decode(request.getNews()), context);
    const response = new messages.CheckResponse();
    response.setInputs(encode(inputs));
    response.setFailuresList(failures.map(failureMessage));
    return response;
  }

  #diff(request: DiffRequest): DiffResponse {
    const result = this.#handler(request).diff(changeOf(request));
    const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
    const response = new messages.DiffResponse();
    response.setChanges(result.differing.length === 0 ? DIFF_NONE : DIFF_SOME);
    response.setDiffsList(result.differing);
    response.setReplacesList(result.replaces);
    response.setStablesList(result.stables);
    response.setDeletebeforereplace(result.deleteBeforeReplace);
    response.setHasdetaileddiff(true);
    const detailed = response.getDetaileddiffMap();
    for (const difference of result.detailed) detailed.set(difference.path, propertyDiff(difference));
    return response;
  }

  async #create(request: CreateRequest, session: Session<Client>): Promise<CreateResponse> {
    const handler = this.#handler(request);
    const inputs = decode(request.getProperties());
    const context = this.#context(request, session);
    const response = new messages.CreateResponse();
    if (request.getPreview()) {
      response.setProperties(encode(handler.previewCreate(inputs, context)));
      return response;
    }
    const { id, outputs } = await this.#operate(request, ResourceOperation.create, () =>
      handler.create(this.#client(session), inputs, context),
    );
    response.setId(id);
    response.setProperties(encode(outputs));
    return response;
  }

  async #read(request: ReadRequest, session: Session<Client>): Promise<ReadResponse> {
    const found = await this.#operate(request, ResourceOperation.read, () =>
      this.#handler(request).read(
        this.#client(session),
        request.getId(),
        decode(request.getProperties()),
        decode(request.getInputs()),
        this.#context(request, session),
      ),
    );
    const response = new messages.ReadResponse();
    if (found === undefined) return response;
    response.setId(found.id);
    response.setProperties(encode(found.outputs));
    response.setInputs(encode(found.inputs));
    return response;
  }

  async #update(request: UpdateRequest, session: Session<Client>): Promise<UpdateResponse> {
    const handler = this.#handler(request);
    const change = changeOf(request);
    const outputs = request.getPreview()
      ? handler.previewUpdate(change)
      : await this.#operate(request, ResourceOperation.update, () =>
          handler.update(this.#client(session), request.getId(), change, this.#context(request, session)),
        );
    const response = new messages.UpdateResponse();
    response.setProperties(encode(outputs));
    return response;
  }

  async #delete(request: DeleteRequest, session: Session<Client>): Promise<Empty> {
    const state = decode(request.getProperties());
    const context = this.#context(request, session);
    await this.#operate(request, ResourceOperation.delete, () =>
      this.#handler(request).delete(this.#client(session), request.getId(), state, context),
    );
    return new emptyMessages.Empty();
  }

  async #invoke(request: InvokeRequest, session: Session<Client>): Promise<InvokeResponse> {
    const declared = this.#functions.get(request.getTok());
    if (declared === undefined) throw new Error(this.#unsupported("data source", request.getTok()));
    const args = knownOnly(reveal(decode(request.getArgs())));
    const response = new messages.InvokeResponse();
    response.setReturn(encode(await declared.invoke(this.#client(session), args)));
    return response;
  }

  /** Work on a resource, which may go wrong by a rule. */
  #operate<T>(request: About, operation: ResourceOperation, work: () => Promise<T>): Promise<T> {
    const urn = request.getUrn();
    return withFaults(this.#faults, { urn, operation, token: tokenOf(urn) }, work);
  }

  #handler(request: About): ResourceHandler<Client> {
    const token = tokenOf(request.getUrn());
    const handler = this.#handlers.get(token);
    if (handler === undefined) throw new Error(this.#unsupported("resource type", token));
    return handler;
  }

  #unsupported(what: string, token: string): string {
    return `the sandbox's ${this.#definition.name} provider has no ${what} ${token}`;
  }

  #client(session: Session<Client>): Client {
    if (session.configured === undefined) {
      throw new Error(`the ${this.#definition.name} provider is not configured`);
    }
    return session.configured.client;
  }

  #context(request: About, session: Session<Client>): OperationContext {
    const urn = request.getUrn();
    const warn = (message: string) => session.warn(urn, message);
    return { urn, name: nameOf(urn), warn, signal: session.signal };
  }
}
