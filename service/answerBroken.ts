/** Answers what the HTTP server refuses before the service sees it. */
import { randomUUID } from "node:crypto";
import { type Server, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { describeProblem } from "./problems/problem.ts";
import { ServiceCode } from "./problems/problemTypes.ts";

/** Node.js documentation, "HTTP", Event: 'clientError'; the parser's names are those of llhttp. */
const DETAILS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "The headers are larger than the service takes.",
  HPE_INVALID_METHOD: "There is no such method.",
  ERR_HTTP_REQUEST_TIMEOUT: "The request did not arrive in time.",
};

function broken(detail: string, basePath: string): { headers: Record<string, string>; body: string } {
  const id = randomUUID();
  const stored = describeProblem(ServiceCode.MalformedRequest, detail);
  const body = JSON.stringify({ ...stored, type: `${basePath}${stored.type}`, request_id: id });
  const headers = {
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
    "X-Request-Id": id,
  };
  return { headers, body };
}

/** A request whose address or host cannot be understood. */
export function brokenRequest(basePath: string): Response {
  const { headers, body } = broken("The request's address, method or host cannot be understood.", basePath);
  return new Response(body, { status: 400, headers });
}

/** What is no HTTP at all, or too much of it. */
export function answerBroken(server: Server, basePath: string): void {
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === "ECONNRESET" || !socket.writable) {
      socket.destroy();
      return;
    }
    const detail = DETAILS[error.code ?? ""] ?? "The request is no HTTP/1.1.";
    const { headers, body } = broken(detail, basePath);
    const lines = Object.entries({
      ...headers,
      "Content-Length": Buffer.byteLength(body),
      Connection: "close",
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(`HTTP/1.1 400 ${STATUS_CODES[400]}\r\n${lines.join("")}\r\n${body}`);
  });
}
