/** Waits until the host that takes another one's place is connected: only then may the other one go. */
import type { HostReport } from "../host/hostReport.ts";
import { type ConnectorLooks, Look } from "./connectorLooks.ts";

/** Milliseconds between two looks at the report; doubled up to the longest. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 5_000;
/** Milliseconds between two lines that say what is missing; the first comes when it is not there at once. */
const NEWS_PAUSE = 30_000;

export interface SuccessorSources {
  /** What the new host last reported. */
  readReport(): Promise<HostReport | undefined>;
  /** Cloudflare's view. Left out, the host's own report is enough. */
  looks?: ConnectorLooks | undefined;
  /** True once nobody needs the new host any more, because it is being deleted itself. */
  isGoing(): boolean;
  now(): number;
  pause(milliseconds: number): Promise<void>;
  /** Shows the operator what is missing. */
  tell(missing: string): Promise<void>;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function describe(report: HostReport | undefined, instanceId: string): string {
  if (report === undefined) return "there is no report of any host yet";
  if (report.instanceId !== instanceId) return `the last report is from ${report.instanceId}`;
  return "it reports that its connector is not connected";
}

class Successor {
  readonly #instanceId: string;
  readonly #sources: SuccessorSources;
  #connectorId = "";
  /** What is still missing. */
  missing = "";
  /** True when no more waiting will help. */
  isHopeless = false;

  constructor(instanceId: string, sources: SuccessorSources) {
    this.#instanceId = instanceId;
    this.#sources = sources;
  }

  /** Whether it is connected. */
  async look(): Promise<boolean> {
    const { readReport, looks } = this.#sources;
    const report = await readReport();
    // Until the old host is gone both report to the same place, each over the other one's report.
    if (report?.instanceId === this.#instanceId) this.#connectorId = report.connectorId;
    if (this.#connectorId === "") {
      this.missing = describe(report, this.#instanceId);
      return false;
    }
    if (looks === undefined) return true;
    this.missing = `Cloudflare does not count its connector ${this.#connectorId} as connected`;
    const look = await looks.at(this.#connectorId);
    this.isHopeless = look === Look.givenUp;
    if (this.isHopeless) this.missing += `, and was asked ${looks.count} times`;
    // A host that came after the last look is believed: it reports a connector only while that is connected.
    return look === Look.connected || look === Look.unasked;
  }
}

/**
 * @param instanceId the new host. @param timeout in milliseconds.
 * @returns what was still missing at the end; undefined when there is nothing to wait for any more.
 */
export async function waitForSuccessor(
  instanceId: string,
  timeout: number,
  sources: SuccessorSources,
): Promise<string | undefined> {
  const { isGoing, now, pause, tell } = sources;
  const successor = new Successor(instanceId, sources);
  const end = now() + timeout;
  let nextNews = now() + FIRST_PAUSE;
  for (let wait = FIRST_PAUSE; ; wait = Math.min(wait * 2, LONGEST_PAUSE)) {
    try {
      if (await successor.look()) return undefined;
    } catch (error) {
      successor.missing = messageOf(error);
    }
    if (isGoing()) return undefined;
    if (now() + wait > end || successor.isHopeless) return successor.missing;
    if (now() >= nextNews) {
      nextNews = now() + NEWS_PAUSE;
      await tell(successor.missing);
    }
    await pause(wait);
  }
}
