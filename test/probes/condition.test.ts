import { describe, expect, it } from "vitest";
import { Condition } from "../../operations/choices.ts";
import {
  AnswerFinding,
  answerOf,
  BucketFinding,
  conditionOf,
  conditionTable,
  type Findings,
  RecordsFinding,
  restartMayHelp,
  TunnelFinding,
} from "../../probes/condition.ts";

const ALL: Findings[] = Object.values(TunnelFinding).flatMap((tunnel) =>
  Object.values(RecordsFinding).flatMap((records) =>
    Object.values(AnswerFinding).flatMap((answer) =>
      Object.values(BucketFinding).map((bucket) => ({ tunnel, records, answer, bucket })),
    ),
  ),
);

/** Said once more, by hand. */
function expected({ tunnel, records, answer, bucket }: Findings): Condition {
  if (["down", "inactive", "missing"].includes(tunnel)) return Condition.Error;
  if (records === "wrong" || ["app-silent", "edge-error", "none"].includes(answer)) return Condition.Error;
  if (tunnel === "degraded" || answer === "app-error" || bucket === "refused") return Condition.Degraded;
  if ([tunnel, records, bucket].includes("unasked")) return Condition.Unknown;
  return Condition.Ready;
}

describe("the condition of a tenant", () => {
  it("is decided for every combination of findings", () => {
    expect(ALL).toHaveLength(6 * 3 * 5 * 4);
    for (const findings of ALL) {
      expect({ ...findings, is: conditionOf(findings).condition }).toEqual({
        ...findings,
        is: expected(findings),
      });
    }
  });

  it("has a reason in words exactly when it is not Ready", () => {
    for (const findings of ALL) {
      const { condition, reasons } = conditionOf(findings);
      expect(reasons.length === 0).toBe(condition === Condition.Ready);
      for (const { words } of reasons) expect(words).toMatch(/^[^\n]{10,100}$/);
    }
  });

  it("does not get better by another thing that is wrong", () => {
    const order: Condition[] = ["Ready", "Unknown", "Degraded", "Error"];
    const best: Findings = { tunnel: "healthy", records: "right", answer: "fine", bucket: "works" };
    const rank = (findings: Findings) => order.indexOf(conditionOf(findings).condition);
    for (const findings of ALL) {
      for (const part of ["tunnel", "records", "answer", "bucket"] as const) {
        expect(rank({ ...findings, [part]: best[part] })).toBeLessThanOrEqual(rank(findings));
      }
    }
  });

  it("asks for a restart only where the tunnel itself is the trouble", () => {
    const restarted = Object.values(TunnelFinding).filter((finding) => restartMayHelp(finding));
    expect(restarted).toEqual(["degraded", "down", "inactive"]);
    expect([null, "constructor", ""].some((status) => restartMayHelp(status))).toBe(false);
  });

  it("takes an answer of the app for one, and tells the edge's own from it", () => {
    const finding = (status: number): string => {
      if (status < 500) return "fine";
      if ([502, 504].includes(status)) return "app-silent";
      return status >= 520 && status <= 530 ? "edge-error" : "app-error";
    };
    const all = Array.from({ length: 400 }, (_, index) => 200 + index);
    expect(all.map(answerOf)).toEqual(all.map(finding));
    expect([200, 302, 404, 500, 502, 503, 522, 530].map(answerOf)).toEqual([
      "fine",
      "fine",
      "fine",
      "app-error",
      "app-silent",
      "app-error",
      "edge-error",
      "edge-error",
    ]);
  });

  it("is shown as a table with every finding", () => {
    const lines = conditionTable().trimEnd().split("\n");
    expect(lines).toHaveLength(2 + 2 + 6 + 3 + 5 + 4);
    expect(lines).toContain("| the tunnel is down: no connector is connected | Error | yes |");
    expect(lines).toContain("| the bucket refuses the tenant's key | Degraded |  |");
    expect(lines.every((line) => line.split(" | ").length === 3)).toBe(true);
  });
});
