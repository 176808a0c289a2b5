import { appendFileSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { fileURLToPath, pathToFileURL } from "node:url";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import type { AuditRecord, AuditSink } from "../../audit/audit.ts";
import { checkRecord } from "../../audit/checkRecord.ts";
import { openAudit } from "../../audit/openAudit.ts";
import { StreamAuditSink } from "../../audit/streamSink.ts";
import { openDocumentStore } from "../../storage/openDocumentStore.ts";
import { temporaryFolder } from "../sandbox/engine/temporaryFolder.ts";
import { startObjects } from "../storage/stores.ts";

const APPEND = fileURLToPath(new URL("append.ts", import.meta.url));

function record(n: number, more: Partial<AuditRecord> = {}): AuditRecord {
  return {
    id: `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`,
    time: new Date(Date.now() - 60_000 + n).toISOString(),
    actor: "ci",
    operation: "rotateKeys",
    environment: "prod",
    stack: "acme/edge/prod",
    tenants: [n % 2 ? "odd" : "even"],
    phase: "finished",
    outcome: "succeeded",
    details: { generation: n, secretsRead: ["bucketKey"] },
    ...more,
  };
}

const SINKS: Record<string, () => Promise<AuditSink>> = {
  "a file": () => openAudit(pathToFileURL(join(temporaryFolder(), "log", "audit.jsonl")).href, {}),
  "a bucket": async () => {
    const { url, env } = await startObjects();
    return openAudit(url, env);
  },
};

describe.each(Object.entries(SINKS))("the record in %s", (_, open) => {
  it("holds everything that was appended, newest first", async () => {
    const sink = await open();
    expect(await sink.read?.({ limit: 10 })).toEqual([]);
    const records = [1, 2, 3, 4, 5].map((n) => record(n));
    for (const each of records) await sink.append(each);
    expect(await sink.read?.({ limit: 10 })).toEqual([...records].reverse());
    expect(await sink.read?.({ limit: 2 })).toEqual([records[4], records[3]]);
    expect(await sink.read?.({ limit: 2, tenant: "even" })).toEqual([records[3], records[1]]);
  });
});

it("is one object per record, which no other replaces", async () => {
  const { url, env } = await startObjects();
  const sink = await openAudit(url, env);
  const first = record(1, { time: "2026-02-03T04:05:06.007Z" });
  await sink.append(first);
  await expect(sink.append({ ...first, actor: "somebody else" })).rejects.toThrow(/changed by somebody else/);
  const keys = await (await openDocumentStore(url, env)).list("");
  expect(keys).toEqual([`audit/2026/02/03/20260203T040506007Z-${first.id}.json`]);
});

it("is a file that several processes append to, and only this user reads", async () => {
  const file = join(temporaryFolder(), "audit.jsonl");
  const setting = pathToFileURL(file).href;
  await Promise.all([1, 2, 3].map((n) => execa(process.execPath, [APPEND, setting, `process${n}`, "40"])));
  const sink = await openAudit(setting, {});
  expect(await sink.read?.({ limit: 1000 })).toHaveLength(120);
  // Who looks while another one's record is half there begins on a further line.
  expect(readFileSync(file, "utf8").split("\n").filter(Boolean)).toHaveLength(120);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

it("is read past a line that was cut", async () => {
  const file = join(temporaryFolder(), "audit.jsonl");
  const sink = await openAudit(pathToFileURL(file).href, {});
  await sink.append(record(1));
  appendFileSync(file, '{"id":"0000\n');
  await sink.append(record(2));
  expect(await sink.read?.({ limit: 10 })).toHaveLength(2);
});

it("is lines on a stream", async () => {
  const lines: string[] = [];
  const stream = new Writable({
    write: (chunk, _, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  const one = record(1);
  await new StreamAuditSink("stdout:", stream).append(one);
  expect(lines.map((line) => JSON.parse(line))).toEqual([one]);
});

describe("a record", () => {
  it.each<[string, object]>([
    ["details.tunnelToken", { details: { tunnelToken: "hunter2" } }],
    ["secret", { secret: "hunter2" }],
    ["details.generation", { details: { generation: "hunter2" } }],
    ["details.secretsRead.0", { details: { secretsRead: [{ token: "hunter2" }] } }],
  ])("may not have %s, and its refusal repeats no value", (path, more) => {
    const wrong = { ...record(1), ...more } as AuditRecord;
    const message = refusal(() => checkRecord(wrong));
    for (const part of path.split(".")) expect(message).toContain(part);
    expect(message).not.toContain("hunter2");
  });

  it("cannot pass for another one, or command a terminal", () => {
    const reason = 'x\n{"actor":"root"}\r\u2028\u001b[2J\u202Eevil\u0085';
    const { details } = checkRecord(record(1, { details: { reason } }));
    expect(details?.reason).toBe('x\\u000a{"actor":"root"}\\u000d\\u2028\\u001b[2J\\u202eevil\\u0085');
  });

  it("is bounded", () => {
    const { details, tenants } = checkRecord(
      record(1, {
        tenants: Array.from({ length: 500 }, (_, n) => `t${n}`),
        details: { reason: "\n".repeat(9999), resources: Array.from({ length: 900 }, (_, n) => `r${n}`) },
      }),
    );
    expect(details?.reason).toHaveLength(256);
    expect(details?.resources).toHaveLength(200);
    expect(details?.resources?.at(-1)).toBe("… and 701 more");
    expect(tenants).toHaveLength(500);
  });
});

it.each([
  "",
  "stdout",
  "file://host/x",
  "file:///folder/",
  "https://x.example",
  "/var/log/audit",
])("is not kept in %j", async (setting) => {
  await expect(openAudit(setting, {})).rejects.toThrow(/stdout:, stderr:, file:.*s3:/);
});

it("says where it could not be written", async () => {
  const sink = await openAudit("file:///dev/null/audit.jsonl", {});
  await expect(sink.append(record(1))).rejects.toThrow(/\/dev\/null\/audit\.jsonl.*could not be written \(E/);
});

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return "nothing was refused";
}
