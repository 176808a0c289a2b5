/** What docs/shards.md shows is what the program says. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parseStack } from "../../config/parse.ts";
import { ConfigError } from "../../config/problems.ts";
import { problemsWithOthers } from "../../environment/otherShards.ts";
import { readShardFiles } from "../../environment/shardFiles.ts";
import { shardFolder } from "./shardFolder.ts";

it("the page's two stack files are right by themselves, and refused together with the page's words", async () => {
  const page = readFileSync(new URL("../../docs/shards.md", import.meta.url), "utf8");
  const [eu = "", us = ""] = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = ""]) => text);
  const [, words] = /```text\n([\s\S]*?)```/.exec(page) ?? [];
  const folder = shardFolder({ "prod-eu": eu, "prod-us": us });
  const { shards } = await readShardFiles(folder, "prod");
  const [first, second] = shards.map(({ file, raw }) => {
    const { config, problems } = parseStack(raw, "eu-west-1");
    if (config === undefined) throw new ConfigError(file, problems);
    return { file, settings: config, entries: config.tenants };
  });
  if (first === undefined || second === undefined) throw new Error("the page has no two stack files");
  const others = await readShardFiles(folder, "prod", "prod-us");
  const { incomparable, clashes } = problemsWithOthers(second, others);
  expect(incomparable).toEqual([]);
  expect(words).toBe(new ConfigError(second.file, clashes).message);
});
