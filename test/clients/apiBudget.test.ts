import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { ApiBudget, type ApiBudgetOptions } from "../../clients/apiBudget.ts";
import { announcing, inBackground } from "../../clients/apiWork.ts";
import { CloudflareApi } from "../../clients/cloudflareApi.ts";
import { sharedBudget } from "../../clients/sharedBudget.ts";
import { ACCOUNT, startCloud } from "../sandbox/cloudflare/serve.ts";

const SPENDER = join(import.meta.dirname, "sharedBudgetProcess.ts");
const LIMIT = { calls: 10, windowSeconds: 60, sharePercent: 80 };
const START = 1_800_000_000_000;

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "tenant-edge-budget-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Time that passes only while a call waits. */
class Clock {
  time = START;
  readonly now = () => this.time;
  readonly sleep = async (milliseconds: number, signal: AbortSignal | undefined) => {
    signal?.throwIfAborted();
    this.time += milliseconds;
  };
}

function budgetWith(clock: Clock, options: ApiBudgetOptions = {}): ApiBudget {
  return new ApiBudget({ limit: LIMIT, now: clock.now, sleep: clock.sleep, ...options });
}

async function spend(budget: ApiBudget, calls: number): Promise<void> {
  for (let call = 0; call < calls; call += 1) await budget.spend();
}

const answer = (status: number, headers: Record<string, string>) => ({
  status,
  headers: new Headers(headers),
});

it("uses its share, then waits until the oldest call is a window ago", async () => {
  const clock = new Clock();
  const budget = budgetWith(clock);
  expect(budget.left()).toBe(8);
  await budget.spend();
  clock.time += 1_000;
  await spend(budget, 7);
  expect([budget.left(), clock.time]).toEqual([0, START + 1_000]);
  await budget.spend();
  expect(clock.time).toBe(START + 60_000);
  await budget.spend();
  expect(clock.time).toBe(START + 61_000);
});

it("never makes more calls than its share in any window", async () => {
  const pauses = fc.array(fc.integer({ min: 0, max: 25_000 }), { minLength: 20, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(
      pauses,
      fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }),
      async (gaps, kinds) => {
        const clock = new Clock();
        const budget = budgetWith(clock);
        const times: number[] = [];
        for (const [index, gap] of gaps.entries()) {
          clock.time += gap;
          await (kinds[index] === true ? inBackground(() => budget.spend()) : budget.spend());
          times.push(clock.time);
        }
        for (const [index, time] of times.slice(8).entries()) {
          expect(time - (times[index] ?? 0)).toBeGreaterThanOrEqual(60_000);
        }
      },
    ),
    { numRuns: 50 },
  );
});

it("keeps a reserve that background work does not touch", async () => {
  const clock = new Clock();
  const budget = budgetWith(clock);
  expect(inBackground(() => budget.left())).toBe(6);
  for (let call = 0; call < 6; call += 1) await inBackground(() => budget.spend());
  await spend(budget, 2);
  expect(clock.time).toBe(START);
  await inBackground(() => budget.spend());
  expect(clock.time).toBe(START + 60_000);
});

it("tells once that it waits, and why", async () => {
  const clock = new Clock();
  const budget = budgetWith(clock);
  const told: string[] = [];
  const tell = (text: string) => void told.push(text);
  await announcing(tell, async () => {
    await spend(budget, 8);
    await spend(budget, 3);
  });
  expect(told).toEqual([
    "waiting: our 80 % of Cloudflare's 10 calls in 60 s, or all of them, are used up for the next 60 s",
  ]);
});

it("ends its wait when it is aborted, without a call", async () => {
  const budget = new ApiBudget({ limit: LIMIT });
  await spend(budget, 8);
  const stop = new AbortController();
  const waiting = budget.spend(stop.signal);
  stop.abort();
  await expect(waiting).rejects.toThrow("aborted");
  expect(budget.left()).toBe(0);
});

it("fails once it is clear that the wait would be longer than its patience", async () => {
  const clock = new Clock();
  const budget = budgetWith(clock);
  await spend(budget, 8);
  await expect(budget.spend(undefined, 59_000)).rejects.toThrow("are used up for the next 60 s; try again");
  expect(clock.time).toBe(START);
});

describe("what Cloudflare's answers say", () => {
  it("counts calls that others make with the token", async () => {
    const clock = new Clock();
    const budget = budgetWith(clock);
    budget.learn(answer(200, { ratelimit: '"default";r=3;t=20' }));
    expect(budget.left()).toBe(3);
    // An answer to an earlier call that comes later.
    budget.learn(answer(200, { ratelimit: '"default";r=5;t=20' }));
    expect(budget.left()).toBe(3);
    await spend(budget, 4);
    expect(clock.time).toBe(START + 20_000);
  });

  it("is believed about a new window, and never gives more than our share", async () => {
    const clock = new Clock();
    const budget = budgetWith(clock);
    budget.learn(answer(200, { ratelimit: '"default";r=0;t=20' }));
    clock.time += 20_000;
    budget.learn(answer(200, { ratelimit: '"default";r=10;t=60' }));
    expect(budget.left()).toBe(8);
  });

  it.each([
    ["Retry-After", { "retry-after": "42" }, 42_000],
    ["the limit's header", { ratelimit: '"default";r=0;t=30' }, 30_000],
    ["nothing", {}, 1_000],
    ["more than a window", { "retry-after": "86400" }, 60_000],
  ])("waits after a refusal with %s", async (_, headers, milliseconds) => {
    const clock = new Clock();
    const budget = budgetWith(clock);
    budget.learn(answer(429, headers));
    await budget.spend();
    expect(clock.time - START).toBe(milliseconds);
  });
});

describe("across processes", () => {
  it("is one budget per token", async () => {
    const env = { ...process.env, TENANT_EDGE_CACHE: folder() };
    const limit = { calls: 10, windowSeconds: 3, sharePercent: 100 };
    const run = () => execa(process.execPath, [SPENDER, JSON.stringify(limit), "8"], { env });
    const ended = await Promise.all([run(), run()]);
    const times = ended
      .flatMap(({ stdout }) => (JSON.parse(stdout) as { times: number[] }).times)
      .sort((left, right) => left - right);
    expect(times).toHaveLength(16);
    // What was counted first is printed a moment later.
    for (const [index, time] of times.slice(10).entries()) {
      expect(time - (times[index] ?? 0)).toBeGreaterThan(2_500);
    }
    expect(sharedBudget("the-token", limit, env).left()).toBeLessThan(10);
    expect(sharedBudget("another-token", limit, env).left()).toBe(10);
  });

  it("keeps neither the token nor the secret key that derives from it", async () => {
    const cache = folder();
    const token = "cfat_canary-0123456789";
    await sharedBudget(token, undefined, { TENANT_EDGE_CACHE: cache }).spend();
    const bytes = readFileSync(join(cache, "cloudflare-calls.db")).toString("latin1");
    const { secretAccessKey } = await import("../../bucket/credentials.ts");
    expect(bytes).not.toContain(token);
    expect(bytes).not.toContain(secretAccessKey(token).slice(0, 16));
  });

  it.each([
    ["a folder that cannot be made", (place: string) => writeFileSync(place, "")],
    ["a file that is none of SQLite's", (place: string) => damaged(place)],
  ])("goes on alone and says so once: %s", async (_, spoil) => {
    const place = join(folder(), "cache");
    spoil(place);
    const told: string[] = [];
    const budget = sharedBudget("the-token", LIMIT, { TENANT_EDGE_CACHE: place });
    await announcing(
      (text) => void told.push(text),
      () => spend(budget, 3),
    );
    expect(budget.left()).toBe(5);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(`counted in this process alone: ${join(place, "cloudflare-calls.db")}: `);
  });
});

function damaged(place: string): void {
  mkdirSync(place);
  writeFileSync(join(place, "cloudflare-calls.db"), "no database at all".repeat(100));
}

it("is what the operations' client keeps to, whatever others have used", async () => {
  const { token, origin, client } = await startCloud({ rateLimit: { requests: 4, windowSeconds: 1 } });
  const budget = new ApiBudget();
  const api = await new CloudflareApi({ apiToken: token, baseUrl: `${origin}/client/v4` }, budget).client();
  for (let call = 0; call < 3; call += 1) await client.accounts.tokens.verify({ account_id: ACCOUNT });
  const answers = [1, 2, 3, 4].map(() => api.accounts.tokens.verify({ account_id: ACCOUNT }));
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(4).fill("active"));
  // Four, and those that were refused before the first answer told that none was left.
  expect(budget.left()).toBeLessThan(4);
});
