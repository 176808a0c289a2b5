/** An HTTP server in the place of Cloudflare's API: notes each request and answers what a test says. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** A request in the recordings' notation. */
export interface NotedRequest {
  method: string;
  path: string;
  body?: unknown;
  r2jurisdiction?: string;
}

export interface Answer {
  /** The connection is dropped instead. */
  drop?: true;
  status?: number;
  headers?: Record<string, string>;
  /** Sent as it is. */
  text?: string;
}

export function success(result: unknown): Answer {
  return { text: JSON.stringify({ success: true, errors: [], messages: [], result }) };
}

export function refusal(status: number, code: number, message: string): Answer {
  const body = { success: false, errors: [{ code, message }], messages: [], result: null };
  return { status, headers: { "x-should-retry": "false" }, text: JSON.stringify(body) };
}

export class CloudflareStandIn {
  readonly requests: NotedRequest[] = [];
  /** Headers of the last request. */
  headers: IncomingMessage["headers"] = {};
  answer: (request: NotedRequest) => Answer | Promise<Answer> = () => success({});
  readonly #server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const jurisdiction = incoming.headers["cf-r2-jurisdiction"];
    const request: NotedRequest = {
      method: incoming.method ?? "",
      path: incoming.url ?? "",
      ...(text !== "" && { body: JSON.parse(text) as unknown }),
      ...(typeof jurisdiction === "string" && { r2jurisdiction: jurisdiction }),
    };
    this.requests.push(request);
    this.headers = incoming.headers;
    const answer = await this.answer(request);
    if (answer.drop === true) {
      incoming.socket.destroy();
      return;
    }
    outgoing.writeHead(answer.status ?? 200, { "content-type": "application/json", ...answer.headers });
    outgoing.end(answer.text);
  });

  static async start(): Promise<CloudflareStandIn> {
    const standIn = new CloudflareStandIn();
    await new Promise<void>((resolve) => standIn.#server.listen(0, "127.0.0.1", resolve));
    return standIn;
  }

  /** Base URL for the provider. */
  get baseUrl(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/client/v4`;
  }

  /** The requests so far; the next call starts from none. */
  takeRequests(): NotedRequest[] {
    return this.requests.splice(0);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
