import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Scope } from "../../operations/contract.ts";
import { newServiceToken, parseTokens } from "../../service/auth/tokens.ts";
import { serve } from "../../service/serve.ts";
import { FolderStore } from "../../storage/folderStore.ts";
import { FakeOperations } from "./fakeOperations.ts";
import { ALL, startTestService, type TestService, temporaryFolder, until } from "./testService.ts";

interface Operation {
  security?: { bearer: string[] }[];
  requestBody?: { content: { "application/json": { example: unknown } } };
}

/** Every route of the document, with values for its parameters. */
async function routes({ send }: TestService) {
  const { json } = await send("GET /openapi.json", { token: null });
  return Object.entries(json["paths"] as Record<string, Record<string, Operation>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        request: `${method.toUpperCase()} ${path
          .replace("{id}", "f70ff985-a4ef-4643-bbbc-4a0ed4fc8415")
          .replace("{tenant}", "acme")
          .replace("{code}", "not-found")}`,
        scopes: operation.security?.[0]?.bearer,
        body: operation.requestBody?.content["application/json"].example,
      })),
  );
}

const PUBLIC = ["GET /healthz", "GET /readyz", "GET /openapi.json", "GET /problems/not-found"];
const UNLIMITED = { count: 1_000_000, windowSeconds: 60 };
const limits = { failures: UNLIMITED, failuresPerAddress: UNLIMITED, requestsPerCaller: UNLIMITED };

describe("every route", () => {
  it("refuses requests without a token, with a wrong one, with an expired one and with one that is not valid yet", async () => {
    const expired = newServiceToken({ name: "old", scopes: ["read"], notAfter: "2020-01-01T00:00:00Z" });
    const early = newServiceToken({ name: "new", scopes: ["read"], notBefore: "2999-01-01T00:00:00Z" });
    const service = await startTestService({ entries: [expired.entry, early.entry], limits });
    const all = await routes(service);
    expect(all.length).toBeGreaterThan(30);
    const open: string[] = [];
    for (const { request, body } of all) {
      for (const token of [null, `${ALL.token.slice(0, -1)}~`, expired.token, early.token]) {
        const answer = await service.send(request, { token, body });
        if (answer.status !== 401) {
          open.push(request);
          continue;
        }
        expect(answer.json).toMatchObject({ status: 401, code: "unauthenticated" });
        expect(answer.headers.get("www-authenticate")).toContain('Bearer realm="tenant-edge"');
      }
    }
    expect([...new Set(open)]).toEqual(PUBLIC);
    expect(service.operations.calls.every(({ actor }) => actor === "service")).toBe(true);
  });

  it("is open to exactly the tokens with its scopes, and names those that a token lacks", async () => {
    const all = Object.values(Scope);
    const sets = Array.from({ length: 2 ** all.length }, (_, bits) =>
      all.filter((_, at) => (bits >> at) % 2 === 1),
    );

    const tokens = sets
      .filter((set) => set.length > 0)
      .map((set) => ({ set, ...newServiceToken({ name: set.join("-"), scopes: set }) }));
    expect(tokens).toHaveLength(2 ** all.length - 1);
    const service = await startTestService({ entries: tokens.map(({ entry }) => entry), limits });
    for (const { request, scopes, body } of await routes(service)) {
      if (scopes === undefined) continue;
      for (const { set, token } of tokens) {
        const missing = scopes.filter((scope) => !set.includes(scope as Scope));
        const answer = await service.send(request, { token, body });
        if (missing.length === 0) expect(answer.status, `${request} with ${set}`).not.toBe(403);
        else {
          expect(answer.json, `${request} with ${set}`).toMatchObject({ status: 403, code: "scope-missing" });
          expect(answer.json["detail"]).toContain(`lacks the scope ${missing.join(" and ")}`);
        }
      }
    }
  });
});

describe("attempts without a valid token", () => {
  it("are limited, while valid tokens keep passing", async () => {
    const { send } = await startTestService({
      limits: { ...limits, failuresPerAddress: { count: 3, windowSeconds: 60 } },
    });
    const statuses = [];
    for (let attempt = 0; attempt < 5; attempt++)
      statuses.push((await send("GET /v1/tenants", { token: "x" })).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    const refused = await send("GET /v1/tenants", { token: "x" });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await send("GET /v1/tenants")).status).toBe(200);
  });

  it("are counted by the address that the nearest trusted proxy saw, not by what a client claims", async () => {
    const { send } = await startTestService({
      limits: { ...limits, failuresPerAddress: { count: 1, windowSeconds: 60 } },
      trustedProxies: 1,
    });
    const from = async (forwarded: string) =>
      (await send("GET /v1/tenants", { token: "x", headers: { "x-forwarded-for": forwarded } })).status;
    expect(await from("1.1.1.1, 203.0.113.1")).toBe(401);
    expect(await from("2.2.2.2, 203.0.113.1")).toBe(429);
    expect(await from("203.0.113.2")).toBe(401);
  });
});

it("limits the requests of one token", async () => {
  let time = Date.now();
  const { send } = await startTestService({
    limits: { ...limits, requestsPerCaller: { count: 2, windowSeconds: 60 } },
    now: () => new Date(time),
  });
  const status = async () => (await send("GET /v1/tenants")).status;
  expect([await status(), await status(), await status()]).toEqual([200, 200, 429]);
  time += 60_000;
  expect(await status()).toBe(200);
});

describe("the file of tokens", () => {
  it("is read again when it is replaced; old and new tokens work side by side, and a broken file changes nothing", async () => {
    const { send, tokensFile, folder, logged } = await startTestService({ limits });
    const next = newServiceToken({ name: "all", scopes: ["read"] });
    const replace = (text: string) => {
      writeFileSync(join(folder, "next.yaml"), text);
      renameSync(join(folder, "next.yaml"), tokensFile);
    };
    replace(JSON.stringify([ALL.entry, next.entry]));
    await until(async () => (await send("GET /v1/tenants", { token: next.token })).status === 200);
    expect((await send("GET /v1/tenants")).status).toBe(200);

    replace("- name: [");
    await until(() => logged().includes("tokens not read again"));
    expect((await send("GET /v1/tenants")).status).toBe(200);

    replace(`- name: all\n  hash: ${next.entry.hash}\n  scopes: [read]\n  notAfter: 2999-01-01T00:00:00Z\n`);
    await until(async () => (await send("GET /v1/tenants")).status === 401);
    expect((await send("GET /v1/tenants", { token: next.token })).status).toBe(200);
  });

  it("lets nobody pass any more when it is empty or gone, or cannot be read for a minute", async () => {
    let time = Date.now();
    const { send, tokensFile, logged } = await startTestService({ now: () => new Date(time), limits });
    const status = async () => (await send("GET /v1/tenants")).status;
    const reread = (change: () => void) => {
      change();
      process.emit("SIGHUP", "SIGHUP");
    };
    const ready = async () => (await send("GET /readyz", { token: null })).json["problems"];

    reread(() => writeFileSync(tokensFile, "- name: ["));
    expect([await status(), await ready()]).toEqual([200, [expect.objectContaining({ path: "tokens" })]]);
    expect((await send("GET /metrics")).text).toContain("tenant_edge_tokens_readable 0");
    time += 59_000;
    process.emit("SIGHUP", "SIGHUP");
    expect(await status()).toBe(200);
    time += 1000;
    expect(await status()).toBe(401);

    reread(() => writeFileSync(tokensFile, JSON.stringify([ALL.entry])));
    expect([await status(), await ready()]).toEqual([200, undefined]);
    expect((await send("GET /metrics")).text).toContain("tenant_edge_tokens_readable 1");
    reread(() => writeFileSync(tokensFile, "[]"));
    expect([await status(), await ready()]).toEqual([401, undefined]);
    reread(() => writeFileSync(tokensFile, JSON.stringify([ALL.entry])));
    expect(await status()).toBe(200);
    reread(() => rmSync(tokensFile));
    expect([await status(), await ready()]).toEqual([401, [expect.objectContaining({ path: "tokens" })]]);
    expect(logged()).toContain("nobody passes");
  });

  it("is read again on SIGHUP", async () => {
    const { send, tokensFile } = await startTestService();
    const next = newServiceToken({ name: "next", scopes: ["read"] });
    writeFileSync(tokensFile, JSON.stringify([next.entry]));
    process.emit("SIGHUP", "SIGHUP");
    expect((await send("GET /v1/tenants", { token: next.token })).status).toBe(200);
  });

  it("has to be there, and to have a token", async () => {
    const folder = temporaryFolder();
    const options = {
      operations: new FakeOperations().open(),
      documents: new FolderStore(folder),
      version: "0",
      port: 0,
    };
    await expect(serve({ ...options, env: {} })).rejects.toThrow("TENANT_EDGE_SERVICE_TOKENS_FILE");
    await expect(serve({ ...options, tokensFile: join(folder, "none") })).rejects.toThrow("ENOENT");
    writeFileSync(join(folder, "empty.yaml"), "[]");
    await expect(serve({ ...options, tokensFile: join(folder, "empty.yaml") })).rejects.toThrow(
      "empty.yaml has no token",
    );
    expect(() => parseTokens("- {name: a, hash: secret, scopes: [all]}", "tokens.yaml")).toThrow(
      /tokens\.yaml is no list of tokens.*0\.hash.*0\.scopes/s,
    );
  });

  it("does not hold the token", () => {
    const { token, entry } = newServiceToken({ name: "sign-up", scopes: ["read"] });
    expect(token).toMatch(/^tes_[\w-]{43}$/);
    expect(JSON.stringify(entry)).not.toContain(token.slice(4));
  });
});
