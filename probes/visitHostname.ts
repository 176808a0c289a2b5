/** A GET to a tenant's hostname, as a visitor makes it. */
import { request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { because } from "../clients/failureText.ts";
import { outgoingUrlProblem } from "../clients/outgoingUrl.ts";
import { AnswerFinding, answerOf } from "./condition.ts";

const ANSWER_MILLISECONDS = 10_000;

export interface HostnameVisit {
  finding: AnswerFinding;
  /** The status, or why there was none. */
  detail: string;
  status: number | null;
}

/**
 * Follows no redirect and reads no body. Never rejects.
 *
 * @param edgeUrl where the edge is played (TENANT_EDGE_EDGE_URL); then the Host header alone says whom it is for.
 */
export async function visitHostname(
  hostname: string,
  edgeUrl: string | undefined,
  signal: AbortSignal,
): Promise<HostnameVisit> {
  const limit = AbortSignal.timeout(ANSWER_MILLISECONDS);
  try {
    const problem = edgeUrl === undefined ? undefined : outgoingUrlProblem(edgeUrl);
    if (problem !== undefined) throw new Error(`TENANT_EDGE_EDGE_URL is ${problem}`);
    const url = new URL("/", edgeUrl ?? `https://${hostname}/`);
    const status = await statusOf(url, hostname, AbortSignal.any([signal, limit]));
    return { finding: answerOf(status), detail: `https://${hostname}/ answered ${status}`, status };
  } catch (error) {
    const why = limit.aborted ? `nothing within ${ANSWER_MILLISECONDS / 1000} s` : because(error);
    return { finding: AnswerFinding.None, detail: `https://${hostname}/: ${why}`, status: null };
  }
}

function statusOf(url: URL, hostname: string, signal: AbortSignal): Promise<number> {
  const request = url.protocol === "https:" ? tlsRequest : plainRequest;
  const headers = { host: hostname, "user-agent": "tenant-edge-probe" };
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers, signal, agent: false }, (response) => {
      // Its end, or that there is none, does not matter any more.
      response.on("error", () => {});
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    sent.on("error", reject);
    sent.end();
  });
}
