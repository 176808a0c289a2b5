import { Server, ServerCredentials, type ServerUnaryCall } from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb.js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb.js";

/** The engine's log service, keeping what it is told. */
export class FakeEngine {
  readonly messages: { name: string; message: string }[] = [];
  readonly #server = new Server();
  #port = 0;

  static async start(): Promise<FakeEngine> {
    const engine = new FakeEngine();
    engine.#server.addService(EngineService, {
      log: (call: ServerUnaryCall<LogRequest, Empty>, done: (error: null, answer: Empty) => void) => {
        const name = call.request.getUrn().split("::").at(-1) ?? "";
        engine.messages.push({ name, message: call.request.getMessage() });
        done(null, new Empty());
      },
    });
    engine.#port = await new Promise<number>((resolve, reject) => {
      engine.#server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
        if (error === null) resolve(port);
        else reject(error);
      });
    });
    return engine;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async close(): Promise<void> {
    this.#server.forceShutdown();
  }
}
