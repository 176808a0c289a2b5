/** What a program prints, shown by the engine as if its own language host had started the program. */
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb.js";
import engine from "@pulumi/pulumi/proto/engine_pb.js";

/** Lines of one stream are shown together. Zero means no stream, and the SDK's own messages use small numbers. */
let lastStreamId = 1_000;

export class EngineLog {
  readonly #client: EngineClient;
  readonly #log: (request: LogRequest) => Promise<unknown>;

  /** @param address Where the engine serves its own gRPC service; from the handshake. */
  constructor(address: string) {
    this.#client = new EngineClient(address, credentials.createInsecure(), {
      // Otherwise a proxy of the user's would be asked also for the engine on this machine.
      "grpc.enable_http_proxy": 0,
    });
    this.#log = promisify((request: LogRequest, done: (error: Error | null) => void) => {
      this.#client.log(request, (error) => done(error));
    });
  }

  /**
   * Shows each line of a stream that is not blank; resolves when the stream has ended and all of it is shown.
   * When the engine is gone the rest is read and dropped, so that the program never waits for a full pipe.
   */
  async forward(stream: Readable): Promise<void> {
    lastStreamId += 1;
    const streamId = lastStreamId;
    let isEngineThere = true;
    for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line.trim() === "" || !isEngineThere) continue;
      const request = new engine.LogRequest();
      request.setSeverity(engine.LogSeverity.INFO);
      request.setMessage(`${line}\n`);
      request.setStreamid(streamId);
      await this.#log(request).catch(() => {
        isEngineThere = false;
      });
    }
  }

  close(): void {
    this.#client.close();
  }
}
