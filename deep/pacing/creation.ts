/** The creation of many tenants at once, at the limit of Cloudflare's API. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import pMap from "p-map";
import { stringify } from "yaml";
import type { Intercept } from "../../sandbox/cloudflare/api.ts";
import type { RateLimit } from "../../sandbox/cloudflare/rateLimit.ts";
import type { Engine } from "../../sandbox/engine/engine.ts";
import { attributionOf } from "../../sandbox/faults/attribution.ts";
import { openScratchStack } from "../../sandbox/scratchStack.ts";
import { pacingConfig } from "./config.ts";
import { type CheckedInventory, checkInventory } from "./inventory.ts";
import { SkippingClock } from "./skippingClock.ts";

export interface CreationOptions {
  engine: Engine;
  limit: RateLimit;
  stacks: number;
  tenantsPerStack: number;
  /** Stacks that are created at a time. */
  concurrency: number;
  report(line: string): void;
}

export interface Creation extends CheckedInventory {
  tenants: number;
  /** Calls that Cloudflare answered, and those that it refused for its limit. */
  answered: number;
  refused: number;
  /** From the start of the first stack to the end of the last one, the skipped waits included. */
  seconds: number;
  /** What the limit allows at best, with an engine that takes no time: all windows but the last one in full. */
  bestSeconds: number;
  /** What it really took. */
  realSeconds: number;
  /** What the engine printed about stacks that failed. */
  failures: readonly string[];
}

/** Tunnel, its configuration, record, bucket and key. */
const CALLS_OF_A_TENANT = 5;
const LIMITED = 429;
const LONGEST_OUTPUT = 2_000;

/**
 * Counts the answers. The provider waits on the clock. The program, which looks for what a slow creation may have left,
 * cannot: its refusals are held back for as long as they ask it to wait.
 */
function onClock(clock: SkippingClock, counts: { answered: number; refused: number }): Intercept {
  return async (request, proceed) => {
    const answer = await proceed();
    const isProviders = attributionOf(request.headers) !== undefined;
    if (answer.status === LIMITED) counts.refused += 1;
    else {
      counts.answered += 1;
      clock.progress();
    }
    if (isProviders) return answer;
    const headers = new Headers(answer.headers);
    headers.delete("ratelimit");
    if (answer.status === LIMITED) {
      await clock.sleep(Number(headers.get("retry-after")) * 1000, request.signal);
      clock.progress();
      headers.set("retry-after", "0");
    }
    return new Response(answer.body, { status: answer.status, headers });
  };
}

/**
 * Waits of the provider and windows of the limit have their real length, on a clock that skips the time in which nobody
 * does anything else. Of what engine, program and the program's own pauses take, a quarter counts.
 */
export async function createAtLimit(options: CreationOptions): Promise<Creation> {
  const { engine, limit, stacks, tenantsPerStack, concurrency, report } = options;
  const clock = new SkippingClock();
  const counts = { answered: 0, refused: 0 };
  const lists = Array.from({ length: stacks }, (_, stack) =>
    Array.from({ length: tenantsPerStack }, (_, tenant) => `tenant-${stack + 1}-${tenant + 1}`),
  );
  const tenants = lists.flat();
  const { sandbox, project, pulumi, close } = await openScratchStack({
    engine,
    config: pacingConfig([]),
    cloudflareRetry: { sleep: clock.sleep },
    cloudflare: {
      rateLimit: limit,
      now: () => new Date(clock.now()),
      recordQuota: tenants.length,
      tokenQuota: tenants.length + 1,
      intercept: onClock(clock, counts),
    },
  });
  try {
    const start = clock.now();
    const realStart = performance.now();
    const secondsSince = () => Math.round((clock.now() - start) / 1000);
    const failures = await pMap(
      lists,
      async (list, index): Promise<string[]> => {
        const name = `stack${index + 1}`;
        writeFileSync(join(project, `Pulumi.${name}.yaml`), stringify({ config: pacingConfig(list) }));
        const result = await pulumi(["up", "--yes", "--skip-preview", "--stack", name]);
        report(`${name} ended with ${result.exitCode} after ${secondsSince()} s of its clock`);
        if (result.exitCode === 0) return [];
        return [`${name} failed:\n${`${result.stdout}\n${result.stderr}`.slice(-LONGEST_OUTPUT)}`];
      },
      { concurrency },
    );
    const windows = Math.ceil((tenants.length * CALLS_OF_A_TENANT) / limit.requests);
    return {
      ...checkInventory(sandbox.cloudflare, tenants),
      tenants: tenants.length,
      ...counts,
      seconds: (clock.now() - start) / 1000,
      bestSeconds: (windows - 1) * limit.windowSeconds,
      realSeconds: (performance.now() - realStart) / 1000,
      failures: failures.flat(),
    };
  } finally {
    clock.close();
    await close();
  }
}
