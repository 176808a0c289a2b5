/** A fresh emulated Cloudflare on a free port, with one account, one zone and a token that may do everything. */
import type { AddressInfo } from "node:net";
import { S3Client } from "@aws-sdk/client-s3";
import { serve } from "@hono/node-server";
import CloudflareClient from "cloudflare";
import { onTestFinished } from "vitest";
import { Cloudflare, type CloudflareOptions } from "../../../sandbox/cloudflare/cloud.ts";
import { Store } from "../../../sandbox/store.ts";

export const ACCOUNT = "0123456789abcdef0123456789abcdef";
export const ZONE = "fedcba9876543210fedcba9876543210";

export interface Served {
  cloud: Cloudflare;
  /** Value of the token that `client` uses. */
  token: string;
  client: CloudflareClient;
  /** With another token. */
  clientWith(token: string): CloudflareClient;
  /** A request below `/client/v4` as it is written here, JSON both ways. */
  raw(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  s3(credentials: { id: string; secret: string }, jurisdiction?: string): S3Client;
  origin: string;
}

export interface Answer {
  status: number;
  headers: Headers;
  body: {
    success: boolean;
    errors: { code: number; message: string; error_chain?: { code: number }[] }[];
    messages: unknown[];
    result: Record<string, unknown> | null;
    result_info?: Record<string, unknown>;
  };
}

/** Call inside a test: everything is closed when it is finished. */
export async function startCloud(options: Partial<CloudflareOptions> = {}): Promise<Served> {
  const cloud = new Cloudflare({ store: Store.inMemory(), ...options });
  cloud.ensureAccount({ id: ACCOUNT, name: "Acme Platform" });
  cloud.ensureZone({ id: ZONE, name: "example.com", accountId: ACCOUNT });
  const token = cloud.mintDeployToken(ACCOUNT, ["Zone Read", "Account Settings Read"]);
  const server = serve({ fetch: cloud.api.fetch, hostname: "127.0.0.1", port: 0 });
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clientWith = (apiToken: string) =>
    new CloudflareClient({ apiToken, baseURL: `${origin}/client/v4`, maxRetries: 0 });
  return {
    cloud,
    token,
    origin,
    client: clientWith(token),
    clientWith,
    raw: async (method, path, body, headers = {}) => {
      const response = await fetch(`${origin}/client/v4${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, ...headers },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      return {
        status: response.status,
        headers: response.headers,
        body: (await response.json()) as Answer["body"],
      };
    },
    s3: ({ id, secret }, jurisdiction) => {
      const client = new S3Client({
        region: "auto",
        endpoint: `${origin}/r2/${ACCOUNT}${jurisdiction === undefined ? "" : `.${jurisdiction}`}`,
        forcePathStyle: true,
        maxAttempts: 1,
        credentials: { accessKeyId: id, secretAccessKey: secret },
      });
      onTestFinished(() => client.destroy());
      return client;
    },
  };
}

/** Status and code of the refusal that a call of the official client ends in; fails when it does not. */
export async function refusal(call: PromiseLike<unknown>): Promise<{ status: unknown; codes: number[] }> {
  try {
    await call;
  } catch (error) {
    if (error instanceof CloudflareClient.APIError) {
      return { status: error.status, codes: error.errors.flatMap(({ code }) => code ?? []) };
    }
    throw error;
  }
  throw new Error("the call was not refused");
}

/** All items of a paginated list, page after page. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
