/** Waits until the host that takes another one's place is connected: only then may the other one go. */
import type { HostReport } from "../host/hostReport.ts";
import type { ConnectorLooks } from "./connectorLooks.ts";

/** Milliseconds between two looks at the report; doubled up to the longest. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 5_000;
/** Milliseconds between two looks at Cloudflare, doubled each time: about a minute for all of them. */
const FIRST_LOOK_PAUSE = 2_000;

export interface SuccessorSources {
  /** What the new host last reported. */
  readReport(): Promise<HostReport | undefined>;
  /** Cloudflare's view. Left out, the host's own report is enough. */
  looks?: ConnectorLooks | undefined;
  /** True once nobody needs the new host any more, because it is being deleted itself. */
  isGoing(): boolean;
  now(): number;
  pause(milliseconds: number): Promise<void>;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function describe(report: HostReport | undefined, instanceId: string): string {
  if (report === undefined) return "there is no report of any host yet";
  if (report.instanceId !== instanceId) return `the last report is from ${report.instanceId}`;
  return "it reports that its connector is not connected";
}

/**
 * @param instanceId the new host. @param timeout in milliseconds.
 * @returns what was still missing when the time was over; undefined when there is nothing to wait for any more.
 */
export async function waitForSuccessor(
  instanceId: string,
  timeout: number,
  { readReport, looks, isGoing, now, pause }: SuccessorSources,
): Promise<string | undefined> {
  const end = now() + timeout;
  let missing = "";
  let connectorId = "";
  let nextLook = 0;
  let lookPause = FIRST_LOOK_PAUSE;

  const look = async (): Promise<boolean> => {
    const report = await readReport();
    // Until the old host is gone both report to the same place, each over the other one's report.
    if (report?.instanceId === instanceId) ({ connectorId } = report);
    if (connectorId === "") {
      missing = describe(report, instanceId);
      return false;
    }
    if (looks === undefined) return true;
    if (now() < nextLook) return false;
    missing = `Cloudflare does not count its connector ${connectorId} as connected`;
    nextLook = now() + lookPause;
    lookPause *= 2;
    return await looks.isConnected(connectorId);
  };

  for (let wait = FIRST_PAUSE; ; wait = Math.min(wait * 2, LONGEST_PAUSE)) {
    try {
      if (await look()) return undefined;
    } catch (error) {
      missing = messageOf(error);
    }
    if (isGoing()) return undefined;
    if (now() + wait > end || looks?.exhausted) return missing;
    await pause(wait);
  }
}
