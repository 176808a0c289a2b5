import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type HostReport, NO_REPORT, parseHostReport } from "../../host/hostReport.ts";

const REPORT: HostReport = {
  instanceId: "i-0123456789abcdef0",
  connectorId: "",
  cloudflared: "2026.10.0",
  tunnelToken: 3,
  bucketEnvironment: 0,
  keyGeneration: 0,
};

describe("a host's report", () => {
  it("is read as the host wrote it", () => {
    expect(parseHostReport(JSON.stringify(REPORT))).toEqual(REPORT);
  });

  it("may have more in it, as from a newer host", () => {
    expect(parseHostReport(JSON.stringify({ ...REPORT, kernel: "6.12" }))).toMatchObject(REPORT);
  });

  it("is none before the first", () => expect(parseHostReport(NO_REPORT)).toBeUndefined());

  it.each(Object.keys(REPORT))("is none without %s", (key) => {
    const { [key as keyof HostReport]: _, ...rest } = REPORT;
    expect(parseHostReport(JSON.stringify(rest))).toBeUndefined();
  });

  it("is none, and no error, for any other text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(parseHostReport(text)).toBeUndefined();
      }),
    );
  });

  it.each(["1e400", "null", "true"])("is none when %s is said to be a version", (version) => {
    const text = JSON.stringify(REPORT).replace('"tunnelToken":3', `"tunnelToken":${version}`);
    expect(parseHostReport(text)).toBeUndefined();
  });
});
