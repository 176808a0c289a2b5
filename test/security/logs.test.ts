/** Texts of strangers in logs, metrics and errors: they forge no line, and move no cursor. */
import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { ConfigError } from "../../config/problems.ts";
import { problemsOf, rawStack } from "../config/stacks.ts";
import { ALL, startTestService } from "../service/testService.ts";

const EVIL = 'x\n{"level":30,"msg":"forged"}\r\u2028\u001b[2J\u009b31m\u202evil"';
const UNSAFE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
const MARK = "forged";

it("a request leaves one line of log and no new label, whatever it holds", async () => {
  const service = await startTestService();
  const { hostname, port } = new URL(service.running.url);
  const token = `Authorization: Bearer ${ALL.token}`;
  const heads = [
    `GET /v1/tenants/${MARK}%0a%1b%5b2J?${MARK}=1 HTTP/1.1\r\nHost: ${MARK}\r\n${token}`,
    `GET /v1/tenants HTTP/1.1\r\nHost: x\r\n${token}\r\nX-Request-Id: ${MARK}"}\u001b[2J`,
    `GET /v1/tenants HTTP/1.1\r\nHost: x\r\n${token}\r\nUser-Agent: ${MARK}\r\nReferer: ${MARK}\r\nX-Forwarded-For: ${MARK}`,
    `GET /v1/tenants HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${MARK}`,
    `PURGE /v1/${MARK} HTTP/1.1\r\nHost: x\r\n${token}`,
    `GET /${MARK}\u001b HTTP/1.1\r\nHost: x`,
  ];
  for (const head of heads) {
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    socket.write(`${head}\r\nConnection: close\r\n\r\n`, "latin1");
    await text(socket);
  }
  for (const field of ["displayName", "hubId", "accountId", "tenant", "hostname"]) {
    const { status } = await service.send("POST /v1/tenants", { body: { tenant: "acme", [field]: EVIL } });
    expect([field, status]).toEqual([field, 422]);
  }
  const lines = service.logged().trimEnd().split("\n");
  const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const entry of entries) {
    expect(Object.keys(entry)).toEqual(expect.arrayContaining(["level", "time", "msg"]));
    for (const value of Object.values(entry)) expect(String(value)).not.toMatch(UNSAFE);
  }
  expect(service.logged()).not.toContain(MARK);
  expect((await service.send("GET /metrics")).text).not.toContain(MARK);
});

it("the errors of a stack file show what stands there in one harmless line each", () => {
  const problems = problemsOf(
    rawStack(
      [
        {
          id: EVIL,
          displayName: EVIL.replaceAll(/[\r\n]/g, ""),
          [EVIL]: 1,
          host: { environment: { [EVIL]: EVIL } },
        },
      ],
      {
        [EVIL]: EVIL,
        tags: { [EVIL]: EVIL },
      },
    ),
  );
  expect(problems.length).toBeGreaterThan(4);
  const lines = new ConfigError("Pulumi.prod.yaml", problems).message.split("\n");
  expect(lines.filter((line) => UNSAFE.test(line))).toEqual([]);
  expect(lines.filter((line) => line.trimStart().startsWith('{"level"'))).toEqual([]);
});
