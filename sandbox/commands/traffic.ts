/** Visitors who ask for a hostname all the time, while something else happens. */
import { setTimeout as pause } from "node:timers/promises";
import { visit } from "../edge/visit.ts";

/** Milliseconds between two requests to a path: enough to meet any moment without an answer. */
const PAUSE = 5;

export interface Visits {
  requests: number;
  /** What was not answered with status 200, as status and body. */
  failures: string[];
}

export interface Traffic {
  /** Ends the visits. */
  stop(): Promise<Visits>;
}

/** One visitor per path, at the emulated edge. */
export function startTraffic(edge: string, hostname: string, paths: readonly string[] = ["/"]): Traffic {
  const visits: Visits = { requests: 0, failures: [] };
  let isEnded = false;
  const visitors = paths.map(async (path) => {
    while (!isEnded) {
      try {
        const { status, body } = await visit(edge, hostname, path);
        if (status !== 200) visits.failures.push(`${status} ${body}`);
      } catch (error) {
        visits.failures.push(String(error));
      }
      visits.requests += 1;
      await pause(PAUSE);
    }
  });
  return {
    async stop() {
      isEnded = true;
      await Promise.all(visitors);
      return visits;
    },
  };
}
