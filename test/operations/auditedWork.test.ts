import { expect, it, vi } from "vitest";
import { AuditError, type AuditRecord, type AuditSink } from "../../audit/audit.ts";
import { auditedWork } from "../../operations/auditedWork.ts";
import { ErrorCode, OperationError } from "../../operations/errors.ts";

const ABOUT = {
  operation: "up",
  environment: "prod",
  stack: "prod-2",
  tenants: [],
  details: { reason: "a test" },
};

function sinkWith(append: (records: AuditRecord[]) => void = () => {}) {
  const records: AuditRecord[] = [];
  const sink: AuditSink = {
    location: "memory",
    async append(record) {
      records.push(record);
      append(records);
    },
  };
  return { sink, records };
}

it("one record is kept before the work begins, and one with how it went", async () => {
  const { sink, records } = sinkWith();
  const work = async () => {
    expect(records).toHaveLength(1);
    return 7;
  };
  const told = (result: number) => ({ tenants: ["acme"], details: { updated: result } });
  expect(await auditedWork(sink, ABOUT, { actor: "alice", requestId: "r-1" }, work, told)).toBe(7);
  const both = { operation: "up", stack: "prod-2", actor: "alice", requestId: "r-1", surface: "library" };
  expect(records).toMatchObject([
    { ...both, phase: "started", tenants: [], details: { reason: "a test" } },
    { ...both, phase: "finished", outcome: "succeeded", tenants: ["acme"], details: { updated: 7 } },
  ]);
  expect(new Set(records.map(({ id }) => id)).size).toBe(2);
});

it.each([
  ["the engine failed", new OperationError(ErrorCode.UpdateFailed, "x"), false, "failed"],
  ["a cloud failed", new OperationError(ErrorCode.CloudFailed, "x"), false, "failed"],
  ["it was not allowed", new OperationError(ErrorCode.NotAllowedNow, "x"), false, "refused"],
  ["it was stopped", new OperationError(ErrorCode.Aborted, "x"), false, "aborted"],
  ["something else went wrong", new Error("x"), false, "failed"],
  ["something else went wrong once it was stopped", new Error("x"), true, "aborted"],
])("when %s, that is kept with its code, and thrown", async (_, error, isStopped, outcome) => {
  const { sink, records } = sinkWith();
  const call = { signal: isStopped ? AbortSignal.abort() : undefined };
  await expect(auditedWork(sink, ABOUT, call, () => Promise.reject(error))).rejects.toBe(error);
  const errorCode = error instanceof OperationError ? error.code : undefined;
  expect(records.at(-1)).toMatchObject({ phase: "finished", outcome });
  expect(records.at(-1)?.errorCode).toBe(errorCode);
});

it("nothing is done when it cannot be kept", async () => {
  const { sink } = sinkWith(() => {
    throw new AuditError("the disk is full");
  });
  const work = vi.fn();
  await expect(auditedWork(sink, ABOUT, {}, work)).rejects.toThrow("the disk is full");
  expect(work).not.toHaveBeenCalled();
});
