import { describe, expect, it } from "vitest";
import type { AuditRecord } from "../../audit/audit.ts";
import type { PastUpdate } from "../../operations/context.ts";
import { history } from "../../operations/history.ts";
import { fakeContext } from "../orphans/fakeContext.ts";

const update = (version: number, message: string): PastUpdate => ({
  version,
  kind: "update",
  message,
  result: "succeeded",
  startedAt: "2026-11-22T10:00:00.000Z",
  endedAt: "2026-11-22T10:01:00.000Z",
  changes: { create: 1 },
});

const UPDATES = [
  update(6, "disable acme-eu"),
  update(5, "rotate keys of acme: drop 1"),
  update(4, "enroll big-acme"),
  update(3, ""),
  update(2, "Enroll tenants beta, acme"),
  update(1, "acme2"),
];

const RECORD: AuditRecord = {
  id: "1",
  time: "2026-11-22T10:00:00.000Z",
  actor: "billing",
  operation: "disable",
  environment: "staging",
  stack: "staging-1",
  tenants: ["acme"],
  phase: "finished",
  outcome: "failed",
  errorCode: "stack-locked",
  requestId: "r-1",
};

function contextWith() {
  const asked: unknown[] = [];
  const { context } = fakeContext({
    engine: { history: async (limit) => UPDATES.slice(0, limit) },
    audited: async (filter) => {
      asked.push(filter);
      const { outcome: _, errorCode: __, requestId: ___, ...begun } = RECORD;
      return [RECORD, { ...begun, phase: "started" }];
    },
  });
  return { context, asked };
}

const versions = (updates: { version: number | null }[]) => updates.map(({ version }) => version);

describe("history", () => {
  it("is the newest updates and audit records", async () => {
    const { context, asked } = contextWith();
    const { updates, audit } = await history(context, { limit: 2 }, {});
    expect(updates).toEqual(UPDATES.slice(0, 2));
    expect(asked).toEqual([{ tenant: undefined, limit: 2 }]);
    const known = { time: RECORD.time, actor: "billing", operation: "disable", tenants: ["acme"] };
    expect(audit).toEqual([
      { ...known, outcome: "failed", errorCode: "stack-locked", requestId: "r-1" },
      { ...known, outcome: "started", errorCode: null, requestId: null },
    ]);
  });

  it("of a tenant is what names it as a word, also behind newer updates of others", async () => {
    const { context, asked } = contextWith();
    expect(versions((await history(context, { tenant: "acme" }, {})).updates)).toEqual([5, 2]);
    expect(versions((await history(context, { tenant: "acme", limit: 1 }, {})).updates)).toEqual([5]);
    expect(versions((await history(context, { tenant: "acme-eu" }, {})).updates)).toEqual([6]);
    expect(asked[0]).toEqual({ tenant: "acme", limit: 20 });
  });
});
