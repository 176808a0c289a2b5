/** Which stacks the workflows run jobs for. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { changedShards, type Shard, wavesOf } from "../../.github/scripts/shardMatrix.ts";
import { temporaryFolder } from "../sandbox/engine/temporaryFolder.ts";
import { parseCompositeAction } from "./workflowFile.ts";

const ROOT = join(import.meta.dirname, "../..");

const shard = (stack: string, environment: string, after: string | null = null): Shard => ({
  stack,
  environment,
  after,
});
const STAGING = shard("staging", "staging");
const PROD = [shard("prod", "prod"), shard("prod-2", "prod", "prod"), shard("prod-us", "prod")];
const ALL = [STAGING, ...PROD];

describe("waves", () => {
  it("are the stacks with networks, and those in the networks of others", () => {
    expect(wavesOf(ALL)).toEqual({
      staging: { first: ["staging"], rest: [] },
      prod: { first: ["prod", "prod-us"], rest: ["prod-2"] },
    });
  });
});

describe("a pull request is previewed for", () => {
  const names = (changed: string[], shards = ALL) => changedShards(shards, changed).map(({ stack }) => stack);

  it("the stacks whose files it changes, and those that are alone in their environment", () => {
    expect(names(["Pulumi.prod-2.yaml"])).toEqual(["staging", "prod-2"]);
    expect(names(["Pulumi.prod-2.yaml", "Pulumi.prod-us.yaml"], PROD)).toEqual(["prod-2", "prod-us"]);
  });

  it.each([
    ["the program is changed", ["index.ts"]],
    ["the program and a stack file are changed", ["Pulumi.prod.yaml", "package-lock.json"]],
    ["a stack file is taken away", ["Pulumi.prod-9.yaml", "Pulumi.prod.yaml"]],
    ["a file of a stack's name in another folder is changed", ["examples/Pulumi.prod.yaml"]],
    ["nobody says what is changed", []],
  ])("all stacks when %s", (_, changed) => {
    expect(names(changed)).toEqual(ALL.map(({ stack }) => stack));
  });
});

it("the action reads the stacks from the files of the checkout", async () => {
  const { steps } = parseCompositeAction(
    readFileSync(join(ROOT, ".github/actions/shards/action.yml"), "utf8"),
  ).runs;
  const script = steps.find(({ run }) => run?.includes("shards --json"))?.run ?? "";
  const folder = temporaryFolder();
  await execa("bash", ["-e", "-c", script], { cwd: ROOT, env: { RUNNER_TEMP: folder, SINCE: "" } });
  const { shards } = JSON.parse(readFileSync(join(folder, "shards.json"), "utf8")) as { shards: Shard[] };
  expect(shards.map(({ stack }) => stack)).toEqual(["prod", "staging"]);
  expect(Object.keys(wavesOf(shards))).toEqual(["prod", "staging"]);
  expect(readFileSync(join(folder, "changed.txt"), "utf8")).toBe("");
});
