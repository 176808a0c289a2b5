/** Waits until a tenant's hosts run with what they were given. */
import pRetry from "p-retry";
import { type HostReport, parseHostReport } from "../../host/hostReport.ts";
import type { OperationContext } from "../context.ts";
import { type Call, ProgressKind } from "../contract.ts";
import { ErrorCode, OperationError } from "../errors.ts";

const POLL = { minTimeout: 250, maxTimeout: 5_000, factor: 1.5, retries: Number.POSITIVE_INFINITY };

/** Some hosts are not there yet. */
class NotYet extends Error {}

/** The parameters that are there, by name. @throws Error when SSM does not answer. */
export async function readParameters(
  { aws }: Pick<OperationContext, "aws">,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<Map<string, { value: string; version: number }>> {
  const [{ GetParametersCommand }, client] = await Promise.all([import("@aws-sdk/client-ssm"), aws.ssm()]);
  const command = new GetParametersCommand({ Names: [...names], WithDecryption: false });
  const { Parameters = [] } = await client.send(command, signal === undefined ? {} : { abortSignal: signal });
  return new Map(
    Parameters.map(({ Name = "", Value = "", Version = 0 }) => [Name, { value: Value, version: Version }]),
  );
}

/**
 * Asks for the reports until each of them fulfils the condition.
 *
 * @param until what the hosts are to have, in words; how many minutes they may take; the command that goes on.
 * @throws OperationError hosts-not-ready.
 */
export async function awaitReports(
  context: OperationContext,
  id: string,
  until: { what: string; minutes: number; again: string },
  isReady: (report: HostReport) => boolean,
  call: Call,
): Promise<void> {
  const names = (await context.engine.deployed()).tenants.get(id)?.hostReports ?? [];
  if (names.length === 0) return;
  const look = async () => {
    const reports = await readParameters(context, names, call.signal);
    const missing = names.filter((name) => {
      const report = parseHostReport(reports.get(name)?.value ?? "");
      return report === undefined || !isReady(report);
    });
    if (missing.length === 0) return;
    const done = names.length - missing.length;
    const message = `${done} of ${names.length} hosts run with ${until.what}`;
    context.report(call, { kind: ProgressKind.Hosts, message, tenant: id, done, total: names.length });
    throw new NotYet(`${missing.join(", ")} of ${id} do not report ${until.what}`);
  };
  try {
    const maxRetryTime = until.minutes * 60_000;
    await pRetry(look, {
      ...POLL,
      maxRetryTime,
      shouldRetry: ({ error }) => error instanceof NotYet,
      signal: call.signal,
    });
  } catch (error) {
    call.signal?.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    if (!(error instanceof NotYet)) {
      throw new OperationError(
        ErrorCode.CloudFailed,
        `the hosts' reports of ${id} could not be read: ${reason}`,
        {
          ways: [
            "give the AWS credentials ssm:GetParameters on them, and run it again: it goes on where it was",
          ],
        },
      );
    }
    throw new OperationError(ErrorCode.HostsNotReady, `after ${until.minutes} minutes: ${reason}`, {
      ways: [`to go on: ${until.again}`, `see how the host is: tenant-edge status ${id} --probe`],
    });
  }
}
