/** The arithmetic of docs/scale.md, by what the code has. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { CLOUDFLARE_LIMIT } from "../../clients/apiLimit.ts";
import { limitsSchema } from "../../config/limitSchema.ts";
import { subnetBlocks } from "../../network/subnetBlocks.ts";
import { CALLS_PER_NEW_TENANT } from "../../operations/shards/up/atOnce.ts";

const page = readFileSync(new URL("../../docs/scale.md", import.meta.url), "utf8");
const text = (value: number) => value.toLocaleString("en-US");

/** Cells of the row whose first cell begins so. */
function row(start: string): string[] {
  const line = page.split("\n").find((one) => one.startsWith(`| ${start}`));
  if (line === undefined) throw new Error(`no row ${start}`);
  return line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
}

it("has the limits that are checked", () => {
  const { tunnels, accountTokens, dnsRecords } = limitsSchema.parse({});
  expect(row("tokens of")[1]).toBe(text(accountTokens));
  expect(row("tunnels of")[1]).toBe(text(tunnels));
  expect(row("records of")[1]).toMatch(new RegExp(`^${dnsRecords} Free`));
});

it("has the addresses of the subnets that networks get", () => {
  const addresses = (block: string) => {
    const [, prefix] = subnetBlocks(block, "eu-west-1a").privateBlock.split("/");
    return 2 ** (32 - Number(prefix)) - 5;
  };
  expect(row("addresses of")[1]).toBe(
    `${text(addresses("10.0.0.0/16"))} with \`/16\`, ${addresses("10.0.0.0/24")} with \`/24\``,
  );
});

it("has the tenants for which there are calls", () => {
  const { calls, windowSeconds, sharePercent } = CLOUDFLARE_LIMIT;
  const windows = 3600 / windowSeconds;
  const of = (perTenant: number) => [text(calls / perTenant), text((calls / perTenant) * windows)];
  expect(row("create")).toEqual(["create", String(CALLS_PER_NEW_TENANT), ...of(CALLS_PER_NEW_TENANT)]);
  expect(row("destroy").slice(2)).toEqual(of(4));
  expect(row("replace the host").slice(2)).toEqual(of(6));
  expect(row("rotate a key").slice(2)).toEqual(of(2));
  const sweeps = Math.floor(((calls * sharePercent) / 100) * 0.75) / 3;
  expect(row("`sweep-health`").slice(2)).toEqual([text(sweeps), text(sweeps * windows)]);
});

it("has the minutes of GitHub's machines", () => {
  for (const name of ["`sweep.yml`", "`drift.yml`", "`deploy.yml`"]) {
    const [, , formula = "", ...minutes] = row(name);
    const [, runs = "", besides = ""] = /^([\d,]+) × \(2 S \+ (\d)\)$/.exec(formula) ?? [];
    const expected = [2, 12, 42].map(
      (stacks) => Number(runs.replace(",", "")) * (2 * stacks + Number(besides)),
    );
    expect(minutes).toEqual(expected.map(text));
  }
});
