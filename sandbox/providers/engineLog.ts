/** The engine's log, in which a provider's messages appear beside the resource they are about. */
import { credentials } from "@grpc/grpc-js";
import type { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineService from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineMessages from "@pulumi/pulumi/proto/engine_pb.js";

export class EngineLog {
  readonly #client: EngineClient;

  /** `address` is host:port of the engine's own service. */
  constructor(address: string) {
    this.#client = new engineService.EngineClient(address, credentials.createInsecure());
  }

  /** Best effort: an engine that is gone has no user to tell. */
  warn(urn: string, message: string): void {
    const request = new engineMessages.LogRequest();
    request.setSeverity(engineMessages.LogSeverity.WARNING);
    request.setUrn(urn);
    request.setMessage(message);
    this.#client.log(request, () => undefined);
  }

  close(): void {
    this.#client.close();
  }
}
