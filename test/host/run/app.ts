/** The tenant's app as a host asks for it. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface App {
  url: string;
  /** Whether it answers; otherwise it takes connections and drops them, as a container's proxy does before the app is up. */
  isUp: boolean;
}

export async function startApp(): Promise<App> {
  const app: App = { url: "", isUp: true };
  const server = createServer((_, response) => {
    if (app.isUp) response.writeHead(404).end();
    else response.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
  });
  app.url = `http://localhost:${(server.address() as AddressInfo).port}`;
  return app;
}
