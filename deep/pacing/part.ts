/** Hundreds of tenants at once, with Cloudflare's limit on. */
import type { DeepPart } from "../part.ts";
import { createAtLimit } from "./creation.ts";

/** Cloudflare's; with fewer tenants in proportion, so that they need as many windows. */
const REQUESTS = 1200;
const WINDOW_SECONDS = 300;
/** The engine rewrites its whole state at every step: ten stacks take a fifth of the time of one. */
const STACKS = 10;
const CONCURRENCY = 2;
const TENANTS = 500;
/** How much longer than at best it may take. */
const MOST = 1.1;

export const part: DeepPart = {
  title: "Pacing",
  async run({ engine, cases = TENANTS, report }) {
    const tenantsPerStack = Math.ceil(cases / STACKS);
    const requests = Math.ceil((REQUESTS * tenantsPerStack * STACKS) / TENANTS);
    const created = await createAtLimit({
      engine,
      limit: { requests, windowSeconds: WINDOW_SECONDS },
      stacks: STACKS,
      tenantsPerStack,
      concurrency: CONCURRENCY,
      report,
    });
    const { tenants, complete, missing, surplus, seconds, bestSeconds, failures } = created;
    const ratio = seconds / bestSeconds;
    return {
      rows: [
        {
          name: `${tenants} tenants at the API's limit`,
          cases: tenants,
          survived: complete,
          lost: missing.length,
          orphans: surplus.length,
        },
      ],
      figures: [
        `${tenants} tenants in ${STACKS} stacks took ${created.answered} calls of Cloudflare's API and ${Math.round(seconds)} s with ${requests} calls in ${WINDOW_SECONDS} s, which allow ${bestSeconds} s at best: ${ratio.toFixed(2)} times (at most ${MOST}). ${created.refused} calls were refused and repeated. It really took ${Math.round(created.realSeconds)} s, of which a quarter counts.`,
      ],
      failures: [
        ...failures,
        ...missing.map((name) => `missing: ${name}`),
        ...surplus.map((name) => `too many: ${name}`),
        ...(ratio > MOST
          ? [`the creation took ${ratio.toFixed(2)} times what the limit allows at best`]
          : []),
      ],
    };
  },
};
