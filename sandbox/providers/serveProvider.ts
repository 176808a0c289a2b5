import { Server, ServerCredentials } from "@grpc/grpc-js";
import providerService from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import type { Faults } from "../faults/faults.ts";
import type { ProviderDefinition } from "./providerDefinition.ts";
import { ResourceProvider } from "./resourceProvider.ts";

export interface ServedProvider {
  /** Port on 127.0.0.1, for `PULUMI_DEBUG_PROVIDERS=<name>:<port>`. */
  port: number;
  /** Ends at once; what is under way is aborted. */
  close(): Promise<void>;
}

/** States of a few hundred kilobytes pass; gRPC's own bound of 4 MB is for untrusted peers. */
const UNBOUNDED = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 };

/** Serves a provider on a free port of 127.0.0.1 to any number of engines. */
export async function serveProvider<Client>(
  definition: ProviderDefinition<Client>,
  faults?: Faults,
): Promise<ServedProvider> {
  const provider = new ResourceProvider(definition, faults);
  const server = new Server(UNBOUNDED);
  server.addService(providerService.ResourceProviderService, provider.service());
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return {
    port,
    close: async () => {
      provider.close();
      server.forceShutdown();
    },
  };
}
