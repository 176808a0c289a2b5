/** Paths that are written so that they lead elsewhere, sent as they are: no client library tidies them up. */
import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { ALL, startTestService, type TestService } from "../service/testService.ts";

const TRICKS = [
  "..",
  "%2e%2e",
  "%2E%2e%2f%2e%2e%2fetc%2fpasswd",
  "..%2f..%2fetc%2fpasswd",
  "%252e%252e%252fetc",
  "..%5c..%5cwindows",
  "..;",
  "acme%2ftoken",
  "acme%00",
  "acme%00.json",
  "acme%0d%0aset-cookie:%20a=b",
  "acme%0aacme",
  "acme%20",
  "%c0%ae%c0%ae%c0%af",
  "%ff%fe",
  "%",
  "%zz",
  "ACME",
  "acme;jsessionid=1",
  "__proto__",
  "a".repeat(64),
  "a".repeat(8000),
  "😀",
];

/** Sends a request line as it is. @returns status and body. */
async function ask(
  { running }: TestService,
  method: string,
  path: string,
): Promise<{ status: number; body: string }> {
  const { hostname, port } = new URL(running.url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  const headers = `Host: x\r\nAuthorization: Bearer ${ALL.token}\r\nConnection: close\r\n`;
  socket.write(`${method} ${path} HTTP/1.1\r\n${headers}\r\n`);
  const answer = await text(socket);
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]), body: answer };
}

it("no parameter of a path takes anything but an id, and nothing is done for what is none", async () => {
  const service = await startTestService();
  const { json } = await service.send("GET /openapi.json", { token: null });
  const routes = Object.entries(json["paths"] as Record<string, object>).flatMap(([path, methods]) =>
    path.includes("{") ? Object.keys(methods).map((method) => [method.toUpperCase(), path] as const) : [],
  );
  expect(routes.length).toBeGreaterThan(12);
  for (const [method, path] of routes) {
    for (const trick of TRICKS) {
      const { status, body } = await ask(service, method, path.replace(/\{\w+\}/, trick));
      expect([400, 404, 405, 422], `${method} ${path} with ${trick.slice(0, 40)}:\n${body}`).toContain(
        status,
      );
      expect(body).not.toMatch(/^set-cookie/im);
    }
  }
  // The service itself looks at the list.
  expect(service.operations.calls.filter(({ actor }) => actor !== "service")).toEqual([]);
  expect((await ask(service, "GET", "/v1/tenants/constructor")).status).toBe(404);
}, 60_000);

it.each([
  ["GET", "//v1/tenants"],
  ["GET", "/v1//tenants"],
  ["GET", "/v1/tenants/"],
  ["GET", "/V1/tenants"],
  ["GET", "/v1/./nothing/../tenants/.."],
  ["GET", "/docs/..%2f..%2fpackage.json"],
  ["GET", "/docs/../../package.json"],
  ["GET", "/docs/%2e%2e/%2e%2e/package.json"],
  ["GET", "/docs/swagger-ui.css%00"],
  ["GET", "http://169.254.169.254/latest/meta-data/"],
  ["TRACE", "/v1/tenants"],
])("%s %s leads nowhere", async (method, path) => {
  const service = await startTestService();
  const { status, body } = await ask(service, method, path);
  expect([400, 404, 405, 501], body).toContain(status);
  expect(body).not.toContain(ALL.token);
});

it("CONNECT is cut off: the service is nobody's proxy", async () => {
  expect((await ask(await startTestService(), "CONNECT", "169.254.169.254:80")).body).toBe("");
});

it("a way that is written differently needs the same token", async () => {
  const service = await startTestService({
    limits: {
      failures: { count: 1000, windowSeconds: 60 },
      failuresPerAddress: { count: 1000, windowSeconds: 60 },
      requestsPerCaller: { count: 1000, windowSeconds: 60 },
    },
  });
  for (const path of [
    "/v1/%74enants",
    "/%76%31/tenants",
    "/v1/x/../tenants",
    "/v1/%2e/tenants",
    "/v1/tenants?",
  ]) {
    const answer = await service.send(`GET ${path}`, { token: null });
    expect([401, 404], path).toContain(answer.status);
    expect((await service.send(`HEAD ${path}`, { token: null })).status, path).toBe(answer.status);
  }
});
