import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { Hono } from "hono";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { OPERATIONS, type OperationName } from "../../operations/contract.ts";
import { ErrorCode, OperationError } from "../../operations/errors.ts";
import { newServiceToken } from "../../service/auth/tokens.ts";
import { EXAMPLES } from "../../service/examples.ts";
import { PROBLEM_TYPES } from "../../service/problems/problemTypes.ts";
import { preferredWait } from "../../service/routes/perform.ts";
import { createService } from "../../service/service.ts";
import { FolderStore } from "../../storage/folderStore.ts";
import { FakeOperations, MASTER_TOKEN } from "./fakeOperations.ts";
import { ALL, startTestService, temporaryFolder, until } from "./testService.ts";

const acme = { body: { tenant: "acme" } };

describe("a request that cannot be taken", () => {
  it.each([
    ["POST /v1/tenants", { body: "{" }, 400, "malformed-request"],
    [
      "POST /v1/tenants",
      { body: "tenant=acme", headers: { "content-type": "text/plain" } },
      415,
      "unsupported-media-type",
    ],
    ["POST /v1/tenants", { body: { tenant: "x".repeat(70_000) } }, 413, "body-too-large"],
    ["POST /v1/tenants", { body: "[".repeat(60_000) + "]".repeat(4000) }, 400, "malformed-request"],
    ["POST /v1/tenants", { body: "[".repeat(30_000) + "]".repeat(30_000) }, 422, "invalid-request"],
    ["POST /v1/tenants", { body: '{"tenant":"acme","__proto__":{"host":false}}' }, 422, "invalid-request"],
    ["POST /v1/tenants", { body: { tenant: "acme", colour: "red" } }, 422, "invalid-request"],
    ["POST /v1/tenants", { body: { tenant: "Acme!" } }, 422, "invalid-request"],
    ["POST /v1/tenants", {}, 422, "invalid-request"],
    ["POST /v1/tenants", { ...acme, headers: { "idempotency-key": "a b" } }, 400, "malformed-request"],
    ["POST /v1/tenants?dry=1", acme, 422, "invalid-request"],
    ["GET /v1/tenants/acme?probe=maybe", {}, 422, "invalid-request"],
    ["GET /v1/tenants/acme?probe=true&probe=true", {}, 422, "invalid-request"],
    ["GET /v1/tenants/%ff", {}, 422, "invalid-request"],
    ["GET /v1/history?limit=1e1", {}, 422, "invalid-request"],
    ["GET /v1/tenants/nobody", {}, 404, "tenant-not-found"],
    ["GET /api/tunnels/f70ff985-a4ef-4643-bbbc-4a0ed4fc8415", {}, 404, "tenant-not-found"],
    ["GET /v1/operations/f70ff985-a4ef-4643-bbbc-4a0ed4fc8415", {}, 404, "not-found"],
    ["GET /v1/nothing", {}, 404, "not-found"],
    ["PUT /v1/tenants/acme", {}, 405, "method-not-allowed"],
  ])("%s with %j is answered with %i %s", async (request, options, status, code) => {
    const { send, operations } = await startTestService();
    const answer = await send(request, options);
    expect(answer.json).toMatchObject({ status, code, type: `/problems/${code}` });
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.json["request_id"]).toBe(answer.headers.get("x-request-id"));
    expect(Object.keys(answer.json).sort()).toEqual(
      ["code", "detail", "problems", "request_id", "status", "title", "type", "ways"].sort(),
    );
    expect(operations.count("enroll")).toBe(0);
    expect((await send(`GET ${answer.json["type"]}`, { token: null })).text).toContain(code);
  });

  it("is told where it is wrong", async () => {
    const { send } = await startTestService();
    const { json } = await send("POST /v1/tenants/acme/disable", { body: { retentionDays: -1 } });
    expect(json["problems"]).toEqual([{ path: "json.retentionDays", message: expect.any(String) }]);
  });

  it("is told which methods there are", async () => {
    const { send } = await startTestService();
    expect((await send("PATCH /v1/tenants/acme")).headers.get("allow")).toBe("GET, HEAD, DELETE");
    expect((await send("OPTIONS /v1/tenants")).headers.get("allow")?.split(", ").sort()).toEqual([
      "GET",
      "HEAD",
      "POST",
    ]);
  });

  it("cannot send more than the limit without telling its length either", async () => {
    const { running, send } = await startTestService();
    const chunk = new TextEncoder().encode(" ".repeat(10_000));
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        sent += 1;
        if (sent > 20) controller.close();
        else controller.enqueue(chunk);
      },
    });
    const init = {
      method: "POST",
      body,
      duplex: "half",
      headers: { authorization: `Bearer ${ALL.token}`, "content-type": "application/json" },
    };
    expect((await fetch(`${running.url}/v1/tenants`, init as RequestInit)).status).toBe(413);
    expect((await send("GET /healthz")).status).toBe(200);
  });
});

describe("errors of operations", () => {
  it.each(Object.values(ErrorCode))("%s has its status, its message and its ways", async (code) => {
    const { send, operations } = await startTestService();
    const details = { ways: ["Do this."], problems: [{ path: "tenants[0].id", message: "no" }] };
    operations.failures.set("enroll", new OperationError(code, "It did not work.", details));
    const answer = await send("POST /v1/tenants", acme);
    expect(answer.status).toBe(PROBLEM_TYPES[code].status);
    expect(answer.json).toMatchObject({ code, detail: "It did not work.", ...details });
    expect(answer.headers.has("retry-after")).toBe(PROBLEM_TYPES[code].retryAfterSeconds !== undefined);
  });

  it("that nobody foresaw tell nothing, neither in the answer nor in the log", async () => {
    const { send, operations, logged } = await startTestService();
    for (const [operation, request] of [
      ["enroll", "POST /v1/tenants"],
      ["list", "GET /v1/tenants"],
    ] as const) {
      operations.failures.set(operation, new TypeError(`fetch failed with ${MASTER_TOKEN}`));
      const answer = await send(request, operation === "enroll" ? acme : {});
      expect(answer.json).toMatchObject({ status: 500, code: "internal-error" });
      expect(answer.text).not.toContain(MASTER_TOKEN);
    }
    expect(logged()).toContain("TypeError");
    expect(logged()).toContain("requests.test.ts");
    expect(logged()).not.toContain(MASTER_TOKEN);
  });

  it("of the storage are told as such", async () => {
    class Broken extends FolderStore {
      broken = false;
      override write(...args: Parameters<FolderStore["write"]>): Promise<string> {
        if (this.broken) return Promise.reject(new TypeError("no space left"));
        return super.write(...args);
      }
    }
    const documents = new Broken(temporaryFolder());
    const { send, operations } = await startTestService({ documents });
    documents.broken = true;
    expect((await send("POST /v1/tenants", acme)).status).toBe(500);
    expect(operations.count("enroll")).toBe(0);
  });
});

describe("answers", () => {
  it("carry a request id: the caller's when it is sane", async () => {
    const { send, operations } = await startTestService();
    const id = async (given: string) =>
      (await send("POST /v1/tenants", { ...acme, headers: { "x-request-id": given } })).headers.get(
        "x-request-id",
      );
    expect(await id("order-17")).toBe("order-17");
    expect(operations.calls.at(-1)).toMatchObject({
      operation: "enroll",
      requestId: "order-17",
      actor: "all",
    });
    expect(await id('a"b')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("hold nothing that the contract does not name", async () => {
    const { send } = await startTestService();
    const { status, text } = await send("POST /v1/tenants", acme);
    expect([status, text.includes(MASTER_TOKEN)]).toEqual([200, false]);
  });

  it("are not to be stored, framed or guessed at", async () => {
    const { send } = await startTestService();
    const { headers } = await send("POST /v1/tenants", acme);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
  });

  it("to HEAD are those to GET without the body", async () => {
    const { send } = await startTestService();
    const answer = await send("HEAD /v1/tenants");
    expect([answer.status, answer.text, answer.headers.get("content-type")]).toEqual([
      200,
      "",
      "application/json",
    ]);
  });
});

describe("the log", () => {
  it("has a line per request, with neither query nor secrets", async () => {
    const { send, logged } = await startTestService();
    const { json } = await send("POST /v1/managed-cloudflare/enroll", {
      body: { account_id: "a", hub_id: "hub-7" },
    });
    await send("GET /v1/managed-cloudflare/status?hub_id=hub-7");
    const lines = logged()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.filter((line) => line.msg === "request")).toMatchObject([
      { method: "POST", route: "/v1/managed-cloudflare/enroll", status: 200, actor: "all" },
      { method: "GET", route: "/v1/managed-cloudflare/status", status: 200, actor: "all" },
    ]);
    expect(logged()).not.toContain("hub_id");
    for (const name of ["tunnel_token", "r2_secret_access_key"])
      expect(logged()).not.toContain(String(json[name]));
  });
});

describe("metrics and readiness", () => {
  it("count tenants, operations and requests, for those who may read", async () => {
    const { send } = await startTestService();
    await send("POST /v1/tenants", acme);
    await send("GET /v1/nothing-of-the-kind");
    const { text } = await send("GET /metrics");
    expect(text).toContain('tenant_edge_tenants{state="active"} 1');
    expect(text).toContain('tenant_edge_tunnels{condition="Ready"} 1');
    expect(text).toContain("tenant_edge_list_readable 1");
    expect(text).toContain('tenant_edge_operations_total{operation="enroll",result="succeeded"} 1');
    expect(text).toContain('tenant_edge_operation_duration_seconds_count{operation="enroll"} 1');
    expect(text).toContain("tenant_edge_cloudflare_api_calls_left 1200");
    expect(text).toContain(
      'tenant_edge_http_request_duration_seconds_count{route="/v1/tenants",method="POST",status="200"} 1',
    );
    expect(text).toContain('{route="none",method="GET",status="404"} 1');
    expect((await send("GET /metrics", { token: null })).status).toBe(401);
  });

  it("can be open to everybody", async () => {
    const { send } = await startTestService({ metricsOpen: true });
    expect((await send("GET /metrics", { token: null })).status).toBe(200);
    const { json } = await send("GET /openapi.json");
    expect(json).toMatchObject({ paths: { "/metrics": { get: { security: [] } } } });
  });

  it("tell when the list cannot be read", async () => {
    const fake = new FakeOperations();
    const { send } = await startTestService({ fake });
    fake.failures.set("list", new Error("unreachable"));
    const answer = await send("GET /readyz", { token: null });
    expect(answer.json).toMatchObject({ status: 503, code: "not-ready", problems: [{ path: "list" }] });
    expect((await send("GET /metrics")).text).toContain("tenant_edge_list_readable 0");
    expect((await send("GET /healthz", { token: null })).status).toBe(200);
  });
});

describe("the documentation", () => {
  it("is rendered by scripts of the service's own, and by no others", async () => {
    const { send } = await startTestService();
    const page = await send("GET /docs", { token: null });
    expect(page.headers.get("content-security-policy")).toContain("script-src 'self';");
    expect(page.text).not.toMatch(/<script>|https?:/);
    const sources = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source);
    expect(sources).toHaveLength(3);
    for (const source of sources) {
      const asset = await send(`GET ${source}`, { token: null });
      expect([asset.status, asset.text.length > 50]).toEqual([200, true]);
    }
    expect((await send("GET /docs/start.js", { token: null })).text).toContain("/openapi.json");
  });

  it("says that nothing else is in an answer, and has examples that are right", async () => {
    const { send } = await startTestService();
    const { text, json } = await send("GET /openapi.json", { token: null });
    expect(json["openapi"]).toBe("3.1.0");
    expect(text).not.toContain("\\\\p{");
    const schema = json as { components: { schemas: Record<string, unknown> } };
    expect(schema.components.schemas["ManagedStatus"]).toMatchObject({ additionalProperties: false });
    for (const name of Object.keys(OPERATIONS) as OperationName[]) {
      expect(OPERATIONS[name].input.safeParse(EXAMPLES[name].input).success, name).toBe(true);
      expect(OPERATIONS[name].result.parse(EXAMPLES[name].result), name).toEqual(EXAMPLES[name].result);
    }
  });
});

describe("reads that run the engine or ask the clouds", () => {
  /** Every read waits until the test lets it go on. */
  function slow() {
    const fake = new FakeOperations();
    const { promise, resolve } = Promise.withResolvers<void>();
    let atOnce = 0;
    const operations = fake.open();
    const held = { now: 0, most: 0 };
    const hold = async <R>(read: Promise<R>): Promise<R> => {
      atOnce += 1;
      held.now = atOnce;
      held.most = Math.max(held.most, atOnce);
      await promise;
      atOnce -= 1;
      return await read;
    };
    const { usage, status } = operations;
    operations.usage = (input, call) => hold(usage(input, call));
    operations.status = (input, call) => hold(status(input, call));
    return { fake, operations, held, open: resolve };
  }

  it("wait their turn, and are refused when too many wait", async () => {
    const { operations, held, open } = slow();
    const { send } = await startTestService({ operations });
    let refused = 0;
    const answers = Array.from({ length: 60 }, async () => {
      const { status, json } = await send("GET /v1/usage");
      if (status === 429 && json["code"] === "too-many-operations") refused += 1;
      return status;
    });
    await until(() => refused === 6);
    expect((await send("GET /v1/tenants")).status).toBe(200);
    open();
    expect((await Promise.all(answers)).filter((status) => status === 200)).toHaveLength(54);
    expect(held.most).toBe(4);
  });

  it("of one tenant are made once for all who ask, of whom everybody may change something", async () => {
    const reader = newServiceToken({ name: "reader", scopes: ["read"] });
    const { fake, operations, held, open } = slow();
    const { send } = await startTestService({ operations, entries: [reader.entry] });
    await send("POST /v1/tenants", acme);
    const probe = "GET /v1/tenants/acme?probe=true";
    const refused = await send(probe, { token: reader.token });
    expect(refused.json).toMatchObject({ status: 403, code: "scope-missing" });
    expect(refused.headers.get("www-authenticate")).toContain('scope="read operate"');
    const both = [send(probe), send(probe)];
    await until(() => held.now === 1);
    open();
    const [one, other] = await Promise.all(both);
    expect(one?.json).toMatchObject({ tenant: "acme" });
    expect(other?.json).toEqual(one?.json);
    expect(fake.count("status")).toBe(1);
  });
});

it("follows twenty operations for one caller, and no more", async () => {
  const { send, operations, running } = await startTestService();
  const open = operations.hold();
  const accepted = await send("POST /v1/tenants", { ...acme, headers: { prefer: "wait=0" } });
  const url = `${running.url}${accepted.headers.get("location")}/events`;
  const headers = { authorization: `Bearer ${ALL.token}` };
  const follow = () => fetch(url, { headers });
  const streams = await Promise.all(Array.from({ length: 20 }, follow));
  expect(streams.every(({ status }) => status === 200)).toBe(true);
  const refused = await follow();
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "15"]);
  await refused.text();
  await streams[0]?.body?.cancel();
  await until(async () => {
    const next = await follow();
    if (next.status !== 200) await next.text();
    else streams.push(next);
    return next.status === 200;
  });
  open();
  await Promise.all(streams.slice(1).map((stream) => stream.text()));
});

it("looks at its storage once in five seconds, however often it is asked whether it is ready", async () => {
  class Counting extends FolderStore {
    looks = 0;
    override read(...args: Parameters<FolderStore["read"]>): ReturnType<FolderStore["read"]> {
      if (args[0].endsWith("/ready")) this.looks += 1;
      return super.read(...args);
    }
  }
  let time = Date.now();
  const documents = new Counting(temporaryFolder());
  const { send } = await startTestService({ documents, now: () => new Date(time) });
  for (let times = 0; times < 3; times++) await send("GET /readyz", { token: null });
  expect(documents.looks).toBe(1);
  time += 5000;
  await send("GET /readyz", { token: null });
  expect(documents.looks).toBe(2);
});

it("takes no more connections than it may", async () => {
  const { running } = await startTestService({ mostConnections: 1 });
  const { port } = new URL(running.url);
  const first = connect(Number(port), "127.0.0.1");
  await once(first, "connect");
  const second = connect(Number(port), "127.0.0.1");
  await once(second.resume(), "close");
  expect(first.destroyed).toBe(false);
  first.destroy();
});

describe("what the HTTP server refuses itself", () => {
  it.each([
    ["a request without a host", "GET /healthz HTTP/1.1\r\n\r\n"],
    ["a host that is none", "GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n"],
    ["an unknown method", "BREW /healthz HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["headers that are too large", `GET /healthz HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(20_000)}\r\n\r\n`],
    ["what is no HTTP", "hello\r\n\r\n"],
  ])("is told as a problem: %s", async (_, sent) => {
    const { running } = await startTestService();
    const socket = connect(Number(new URL(running.url).port), "127.0.0.1");
    socket.write(sent);
    let answer = "";
    socket.on("data", (data) => {
      answer += String(data);
    });
    await until(() => answer.includes("request_id"));
    socket.destroy();
    const [head = "", body = ""] = answer.split("\r\n\r\n");
    expect(head).toMatch(/^HTTP\/1\.1 400 /);
    expect(head.toLowerCase()).toContain("content-type: application/problem+json");
    expect(body).toContain('"code":"malformed-request"');
  });
});

it("takes an empty body for one without options, also when it is called JSON", async () => {
  const { send } = await startTestService();
  await send("POST /v1/tenants", acme);
  const headers = { "content-type": "application/json" };
  expect((await send("POST /v1/tenants/acme/disable", { body: "", headers })).status).toBe(200);
  expect((await send("POST /v1/tenants", { body: "", headers })).status).toBe(400);
});

it.each([
  ["POST /v1/tenants", { tenant: "acme", service: "http://user:pa55word@localhost:80" }],
  ["POST /v1/plans/enroll", { tenant: "acme", service: "http://user:pa55word@localhost:80" }],
  [
    "POST /api/tunnels",
    { name: "acme", hostname: "acme.example.com", service_url: "http://user:pa55word@localhost:80" },
  ],
])("%s refuses an origin with credentials in it, keeps them nowhere and does not repeat them", async (request, body) => {
  const { send, operations, folder, logged } = await startTestService();
  const answer = await send(request, { body, headers: { prefer: "wait=0", "idempotency-key": "k" } });
  expect(answer.json).toMatchObject({ status: 422, code: "invalid-request" });
  expect(answer.text + logged()).not.toContain("pa55word");
  expect(operations.calls).toEqual([]);
  expect(existsSync(join(folder, "documents", "service"))).toBe(false);
});

it.each([
  ["POST /v1/tenants", { tenant: "acme", subdomain: "www" }, "subdomain"],
  ["POST /api/tunnels", { name: "acme", hostname: "acme.example.org" }, "hostname"],
])("%s tells what the environment does not take", async (request, body, path) => {
  const { send } = await startTestService();
  expect((await send(request, { body })).json).toMatchObject({
    status: 422,
    code: "invalid-input",
    problems: [{ path }],
  });
});

it.each([
  { waitSeconds: 0 },
  { waitSeconds: 3601 },
  { waitSeconds: Number.NaN },
  { drainSeconds: -1 },
  { drainSeconds: 3601 },
  { port: 65_536 },
  { port: 80.5 },
  { trustedProxies: -1 },
  { trustedProxies: 11 },
  { basePath: "staging" },
  { basePath: "/staging/" },
  { basePath: "/a b" },
])("does not start with %j", async (options) => {
  const [name = ""] = Object.keys(options);
  await expect(startTestService(options)).rejects.toMatchObject({
    code: "not-set-up",
    problems: [{ path: name }],
  });
});

it.each([
  [undefined, 240],
  ["wait=10", 10],
  ["wait=1000", 240],
  ["return=minimal, Wait = 5; x=y", 5],
  ["respond-async", 0],
  ["respond-async, wait=3", 3],
  ["wait=soon", 240],
])("understands Prefer: %s as %i seconds", (prefer, seconds) => {
  expect(preferredWait(prefer, 240)).toBe(seconds);
});

it("can be mounted beside another environment's", async () => {
  const { operations, folder } = await startTestService();
  const log = pino({ level: "silent" });
  const options = {
    operations: operations.open(),
    log,
    version: "0",
    tokens: { entries: () => [ALL.entry] },
  };
  const { app } = createService({ ...options, documents: new FolderStore(folder), basePath: "/staging" });
  const both = new Hono().route("/staging", app);
  const headers = {
    authorization: `Bearer ${ALL.token}`,
    "content-type": "application/json",
    prefer: "wait=0",
  };
  const init = { method: "POST", headers, body: JSON.stringify(acme.body) };
  const accepted = await both.request("/staging/v1/tenants", init);
  const location = accepted.headers.get("location") ?? "";
  expect((await both.request(location, { headers })).status).toBe(200);
  const refused = await both.request("/staging/v1/tenants", { method: "PUT" });
  expect([refused.status, refused.headers.get("allow")]).toEqual([405, "POST, GET, HEAD"]);
  const { type } = (await refused.json()) as { type: string };
  expect((await both.request(type)).status).toBe(200);
});
