/** The policy pack on the real engine. `npm run test:deep` tries every misconfiguration and more stacks. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { MISCONFIGURATIONS } from "../../deep/policies/misconfigurations.ts";
import { tryMisconfigurations } from "../../deep/policies/tryMisconfigurations.ts";
import { findEngine } from "../../sandbox/engine/findEngine.ts";
import { commandLine } from "./commandLine.ts";

const SEED = 20_261_122;

/** The first one of each policy. */
const SAMPLE = [...MISCONFIGURATIONS.entries()].flatMap(([number, { policy }]) =>
  MISCONFIGURATIONS.findIndex((other) => other.policy === policy) === number ? [number] : [],
);

it("fails a preview for a misconfiguration of each kind, and says nothing of the rest", async () => {
  const engine = await findEngine({ report: () => {} });
  const { tried, others, output } = await tryMisconfigurations(engine, SEED, SAMPLE);
  for (const { name, policy, isCaught } of tried) {
    expect(isCaught, `${policy}: ${name}\n${output}`).toBe(true);
  }
  expect(others).toEqual([]);
});

it("lets the staging stack through, as somebody previews it, unless its settings are stricter", async () => {
  const line = commandLine();
  const good = await line.run("pulumi", "preview", "--policy-pack", "policies");
  expect(good.exitCode, good.output).toBe(0);
  expect(good.output).toMatch(/✅ tenant-edge@v\d/);

  const config = join(line.folder, "strict.json");
  writeFileSync(config, '{ "bucket-protection": { "unprotectedEnvironments": [] } }');
  const strict = ["--policy-pack=policies", `--policy-pack-config=${config}`];
  const refused = await line.run("pulumi", "preview", ...strict);
  expect(refused.exitCode).not.toBe(0);
  expect(refused.output).toMatch(/\[mandatory\] +bucket-protection .*acme-bucket/);
});
