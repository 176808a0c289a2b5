/** HTTP servers on the loopback interface. */
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { UserError } from "./userError.ts";

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
    server.once("error", (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === "EADDRINUSE" || error.code === "EACCES";
      reject(
        isTaken
          ? new UserError(`Port ${port} is not free (${error.code}). Choose another with --port.`)
          : error,
      );
    });
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
