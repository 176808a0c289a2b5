import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { removeStaleLocks } from "../../../sandbox/engine/staleLocks.ts";
import { temporaryFolder } from "./temporaryFolder.ts";

it("removes the locks of engines that have ended, and no others", async () => {
  const state = temporaryFolder();
  const folder = join(state, ".pulumi/locks/organization/tenant-edge/staging");
  mkdirSync(folder, { recursive: true });
  const ended = execa(process.execPath, ["--version"]);
  await ended;
  writeFileSync(join(folder, "ended.json"), JSON.stringify({ pid: ended.pid }));
  writeFileSync(join(folder, "alive.json"), JSON.stringify({ pid: process.pid }));
  writeFileSync(join(folder, "unreadable.json"), "");

  expect(removeStaleLocks(state)).toBe(1);
  expect(["ended", "alive", "unreadable"].map((name) => existsSync(join(folder, `${name}.json`)))).toEqual([
    false,
    true,
    true,
  ]);
  expect(removeStaleLocks(join(state, "nothing"))).toBe(0);
});
