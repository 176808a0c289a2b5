import { expect, it } from "vitest";
import { createAtLimit } from "../../deep/pacing/creation.ts";
import { findEngine } from "../../sandbox/engine/findEngine.ts";

it("creates every tenant though Cloudflare refuses calls for the rest of several windows", async () => {
  const created = await createAtLimit({
    engine: await findEngine({ report: () => {} }),
    limit: { requests: 25, windowSeconds: 300 },
    stacks: 1,
    tenantsPerStack: 12,
    concurrency: 1,
    report: () => {},
  });
  expect(created).toMatchObject({
    failures: [],
    complete: 12,
    missing: [],
    surplus: [],
    bestSeconds: 600,
  });
  expect(created.refused).toBeGreaterThan(0);
});
