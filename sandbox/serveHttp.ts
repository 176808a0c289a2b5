/** HTTP servers on the loopback interface. */
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";

export interface HttpServer {
  /** `http://127.0.0.1:<port>` */
  url: string;
  close(): Promise<void>;
}

/** As much of a Hono app as a server needs. */
interface App {
  fetch(request: Request, env: never): Response | Promise<Response>;
}

/** Serves until closed. @param port default: any free one. */
export async function serveHttp(app: App, port = 0): Promise<HttpServer> {
  const server = createAdaptorServer({
    fetch: app.fetch as (request: Request) => Response | Promise<Response>,
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
}
