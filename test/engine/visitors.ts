/** Visitors who ask for a hostname all the time while something else happens; and what hosts report meanwhile. */
import { onTestFinished, vi } from "vitest";
import { type HostReport, parseHostReport } from "../../host/hostReport.ts";
import { startTraffic } from "../../sandbox/commands/traffic.ts";
import type { TestStack } from "./testStack.ts";

export interface Visitors {
  /** Ends the visits. What was not answered with status 200 is told as status and body. */
  leave(): Promise<{ visits: number; failures: string[] }>;
}

export function visitorsOf(stack: TestStack, hostname: string, path = "/"): Visitors {
  const traffic = startTraffic(stack.sandbox.urls.edge, hostname, [path]);
  const leave = async () => {
    const { requests, failures } = await traffic.stop();
    return { visits: requests, failures };
  };
  // A test that failed does not get as far as to end them.
  onTestFinished(async () => void (await leave()));
  return { leave };
}

async function reportIn(stack: TestStack, parameter: string): Promise<HostReport | undefined> {
  const { Parameter } = await stack.sandbox.aws.call("ssm:GetParameter", { Name: parameter });
  return parseHostReport(Parameter?.Value ?? "");
}

/** Waits until the host reports what is expected. */
export async function expectReport(
  stack: TestStack,
  parameter: string,
  expected: (report: HostReport) => boolean,
): Promise<HostReport> {
  return await vi.waitFor(
    async () => {
      const report = await reportIn(stack, parameter);
      if (report === undefined || !expected(report)) {
        throw new Error(`${parameter} has ${JSON.stringify(report)}`);
      }
      return report;
    },
    { timeout: 30_000, interval: 50 },
  );
}
