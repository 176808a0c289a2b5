/** What a host's connectors show on the loopback interface, and Cloudflare's edge. */
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { onTestFinished } from "vitest";

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    if ("closeAllConnections" in server && typeof server.closeAllConnections === "function")
      server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** The metrics servers of all connectors on one port: the name that a request is sent to tells which is meant. */
export interface Connectors {
  port: number;
  /** Whether those that run are connected to Cloudflare. */
  isReady: boolean;
}

/** @param idOf of the connector with this port for its metrics; undefined when none runs */
export async function startConnectors(idOf: (port: string) => string | undefined): Promise<Connectors> {
  const connectors: Connectors = { port: 0, isReady: true };
  const server = createHttpServer((request, response) => {
    const connectorId = idOf(request.headers.host?.split(":")[1] ?? "");
    if (connectorId === undefined || request.url !== "/ready") {
      response.destroy();
      return;
    }
    const { isReady } = connectors;
    const body = { status: isReady ? 200 : 503, readyConnections: isReady ? 4 : 0, connectorId };
    response.writeHead(body.status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  connectors.port = await listen(server);
  return connectors;
}

/** Accepts connections and says nothing. */
export function startEdge(): Promise<number> {
  return listen(createServer((socket) => socket.end()));
}
