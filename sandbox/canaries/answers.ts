/** What HTTP servers answer to the calls that this process makes with `fetch`. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";

interface Request {
  origin: string | URL;
  method: string;
  path: string;
}

export interface SeenAnswer {
  /** `GET /v1/tenants`, without the query. */
  request: string;
  status: number;
  /** Headers and body. */
  bytes: Buffer;
}

interface Answer {
  request: Request;
  status: number;
  chunks: Buffer[];
}

/** Channels of undici, which is Node's `fetch`. undici documentation, "Diagnostics Channel Support". */
const HEADERS = "undici:request:headers";
const BODY = "undici:request:bodyChunkReceived";

export class AnswerWatch {
  readonly #origins = new Set<string>();
  readonly #answers = new Map<Request, Answer>();

  constructor() {
    subscribe(HEADERS, this.#onHeaders);
    subscribe(BODY, this.#onBody);
  }

  /** Only answers of such servers are kept. @param url any of the server's. */
  add(url: string): void {
    this.#origins.add(new URL(url).origin);
  }

  answers(): SeenAnswer[] {
    return [...this.#answers.values()].map(({ request: { method, path }, status, chunks }) => ({
      request: `${method} ${path.split("?", 1)[0]}`,
      status,
      bytes: Buffer.concat(chunks),
    }));
  }

  stop(): void {
    unsubscribe(HEADERS, this.#onHeaders);
    unsubscribe(BODY, this.#onBody);
  }

  readonly #onHeaders = (message: unknown): void => {
    const { request, response } = message as {
      request: Request;
      response: { statusCode: number; headers: Buffer[] };
    };
    if (!this.#origins.has(String(request.origin))) return;
    const chunks = response.headers.flatMap((part) => [Buffer.from(part), Buffer.from("\n")]);
    this.#answers.set(request, { request, status: response.statusCode, chunks });
  };

  readonly #onBody = (message: unknown): void => {
    const { request, chunk } = message as { request: Request; chunk: Buffer };
    this.#answers.get(request)?.chunks.push(Buffer.from(chunk));
  };
}
