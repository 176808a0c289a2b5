/** A service over operations in memory, listening on a port of this machine. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pino } from "pino";
import { afterEach, vi } from "vitest";
import { Scope } from "../../operations/contract.ts";
import { newServiceToken, type TokenEntry } from "../../service/auth/tokens.ts";
import { type RunningService, type ServeOptions, serve } from "../../service/serve.ts";
import { FolderStore } from "../../storage/folderStore.ts";
import { FakeOperations } from "./fakeOperations.ts";

const cleanUps: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

export interface TestService {
  running: RunningService;
  operations: FakeOperations;
  /** Sends a request with the token that may do everything, unless told otherwise. */
  send(request: string, options?: SendOptions): Promise<Answer>;
  /** Everything that was logged. */
  logged(): string;
  folder: string;
  tokensFile: string;
}

export interface SendOptions {
  body?: unknown;
  /** Sent as they are: without a token when this names none. */
  headers?: Record<string, string>;
  token?: string | null;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // Bodies are compared with what is expected of them.
  json: Record<string, unknown>;
}

export const ALL = newServiceToken({ name: "all", scopes: Object.values(Scope) });

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tenant-edge-service-"));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function startTestService(
  options: Partial<ServeOptions> & { fake?: FakeOperations; folder?: string; entries?: TokenEntry[] } = {},
): Promise<TestService> {
  const folder = options.folder ?? temporaryFolder();
  const fake = options.fake ?? new FakeOperations();
  const tokensFile = join(folder, "tokens.yaml");
  writeFileSync(tokensFile, JSON.stringify([ALL.entry, ...(options.entries ?? [])]));
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const running = await serve({
    operations: fake.open(),
    documents: new FolderStore(join(folder, "documents")),
    version: "0.0.0",
    port: 0,
    drainSeconds: 0,
    tokensFile,
    log: pino(sink),
    ...options,
  });
  cleanUps.push(() => running.stop());
  return {
    running,
    operations: fake,
    folder,
    tokensFile,
    logged: () => lines.join(""),
    send: (request, sent) => send(running.url, request, sent),
  };
}

/** @param request as `GET /path`. */
export async function send(url: string, request: string, options: SendOptions = {}): Promise<Answer> {
  const [method, path] = request.split(" ");
  const headers = new Headers(options.headers);
  if (options.token !== null) headers.set("authorization", `Bearer ${options.token ?? ALL.token}`);
  const init: RequestInit = { method: method ?? "GET", headers, redirect: "manual" };
  if (options.body !== undefined) {
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
    init.body = typeof options.body === "string" ? options.body : JSON.stringify(options.body);
  }
  const response = await fetch(`${url}${path}`, init);
  const text = await response.text();
  const isJson = /json/.test(response.headers.get("content-type") ?? "") && text !== "";
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : {} };
}

/** Looks again and again until it is so, for ten seconds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  await vi.waitUntil(condition, { timeout: 10_000, interval: 10 });
}
