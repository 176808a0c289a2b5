/** Runs the service in this process, from its start to a graceful end. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { type Logger, pino } from "pino";
import { answerBroken, brokenRequest } from "./answerBroken.ts";
import { openTokenFile, type TokenFile } from "./auth/tokenFile.ts";
import { TokensError } from "./auth/tokens.ts";
import { checkOptions } from "./options.ts";
import { createService, type ServiceOptions } from "./service.ts";

/** File of the service's tokens, where none is named otherwise. */
export const TOKENS_FILE_VARIABLE = "TENANT_EDGE_SERVICE_TOKENS_FILE";

export interface ServeOptions extends Omit<ServiceOptions, "tokens" | "log"> {
  /** Default: what TENANT_EDGE_SERVICE_TOKENS_FILE says. */
  tokensFile?: string | undefined;
  /** Default 127.0.0.1: a proxy on the same machine speaks TLS. */
  host?: string | undefined;
  /** Default 8787. 0: any free one. */
  port?: number | undefined;
  /** How long a running operation may take to end at a shutdown, at most 3600. Default 60. */
  drainSeconds?: number | undefined;
  /** At once; more are closed. Default 1000. */
  mostConnections?: number | undefined;
  /** Default: JSON lines to stdout. */
  log?: Logger | undefined;
  env?: NodeJS.ProcessEnv | undefined;
}

export interface RunningService {
  /** As `http://127.0.0.1:8787`. */
  readonly url: string;
  /** Ends it gracefully; called again, at once. Resolves when everything is closed but `operations`, which is the caller's. */
  stop(): Promise<void>;
  /** Resolves when it has ended, by `stop` or by SIGTERM or SIGINT. */
  readonly stopped: Promise<void>;
}

/** For a request to arrive in full; answers may take longer. */
const REQUEST_MILLISECONDS = 30_000;
const HEADERS_MILLISECONDS = 15_000;
const HEADER_BYTES = 16 * 1024;
/** For answers to get out, after the operations have ended. */
const FLUSH_MILLISECONDS = 2000;

/**
 * Resumes what is unfinished, then listens.
 *
 * @throws TokensError when there are no usable tokens; OperationError not-set-up for options out of bounds; what the document store or the socket throws.
 */
export async function serve(options: ServeOptions): Promise<RunningService> {
  const { host = "127.0.0.1", port = 8787, drainSeconds = 60, env = process.env } = options;
  const { basePath = "", mostConnections = 1000, now = () => new Date() } = options;
  checkOptions(options);
  const log = options.log ?? pino();
  const tokens = openTokens(options.tokensFile ?? env[TOKENS_FILE_VARIABLE], log, now);
  try {
    const service = createService({ ...options, tokens, log });
    await service.resume();
    const listener = getRequestListener(service.app.fetch, { errorHandler: () => brokenRequest(basePath) });
    const limits = {
      requestTimeout: REQUEST_MILLISECONDS,
      headersTimeout: HEADERS_MILLISECONDS,
      maxHeaderSize: HEADER_BYTES,
      // The listener refuses it itself, with a problem.
      requireHostHeader: false,
    };
    const server = createServer(limits, listener);
    server.maxConnections = mostConnections;
    answerBroken(server, basePath);
    server.listen(port, host);
    await once(server, "listening");
    const url = addressOf(server.address());
    log.info({ url }, "listening");
    return endGracefully({
      url,
      server,
      tokens,
      log,
      drain: (hurry) => service.drain(drainSeconds * 1000, hurry),
    });
  } catch (error) {
    tokens.close();
    throw error;
  }
}

function openTokens(path: string | undefined, log: Logger, now: () => Date): TokenFile {
  if (path === undefined || path === "") {
    throw new TokensError(
      `The service does not start without tokens. Name a file of them with --tokens-file or ${TOKENS_FILE_VARIABLE}; \`tenant-edge service-token\` makes one.`,
    );
  }
  return openTokenFile(path, log, now);
}

function addressOf(address: AddressInfo | string | null): string {
  if (address === null || typeof address === "string") throw new Error("the server listens on no port");
  return `http://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`;
}

interface Ending {
  url: string;
  server: Server;
  tokens: TokenFile;
  log: Logger;
  drain: (hurry: AbortSignal) => Promise<void>;
}

function endGracefully({ url, server, tokens, log, drain }: Ending): RunningService {
  const hurry = new AbortController();
  const closed = once(server, "close");
  let ending: Promise<void> | undefined;

  const end = async () => {
    log.info("shutting down");
    // Connections stay open for the answers of what runs; nobody new gets in.
    server.close();
    await drain(hurry.signal);
    const flushed = setTimeout(() => server.closeAllConnections(), FLUSH_MILLISECONDS);
    server.closeIdleConnections();
    await closed;
    clearTimeout(flushed);
    tokens.close();
    for (const [signal, handler] of handlers) process.off(signal, handler);
    log.info("stopped");
  };
  const stop = () => {
    if (ending !== undefined) hurry.abort();
    ending ??= end();
    return ending;
  };
  const handlers = [
    ["SIGTERM", () => void stop()],
    ["SIGINT", () => void stop()],
    ["SIGHUP", () => tokens.reload()],
  ] as const;
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return { url, stop, stopped: closed.then(() => ending) };
}
