import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it, onTestFinished, vi } from "vitest";
import { removeBrokenSideFiles } from "../../../operations/engine/stateFiles.ts";

const mendedFirst = vi.hoisted(() => ({ path: "" }));
vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  return {
    ...real,
    async stat(path: string) {
      if (path === mendedFirst.path) await real.rm(path);
      return await real.stat(path);
    },
  };
});

function backend() {
  const folder = mkdtempSync(join(tmpdir(), "tenant-edge-state-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const stacks = join(folder, ".pulumi", "stacks", "tenant-edge");
  mkdirSync(stacks, { recursive: true });
  const url = `${pathToFileURL(folder).href}?no_tmp_dir=true`;
  const write = (name: string, text: string, ageSeconds: number) => {
    const file = join(stacks, name);
    writeFileSync(file, text);
    const time = new Date(Date.now() - ageSeconds * 1000);
    utimesSync(file, time, time);
    return file;
  };
  return { url, write };
}

it("removes side files that a killed engine left empty, and nothing that is whole or being written", async () => {
  const { url, write } = backend();
  const state = write("prod.json", "", 60);
  const broken = write("prod.json.attrs", "", 60);
  const whole = write("staging.json.attrs", "{}", 60);
  const written = write("test.json.attrs", "", 0);

  expect(await removeBrokenSideFiles(url)).toBe(1);
  expect([state, broken, whole, written].map((file) => existsSync(file))).toEqual([true, false, true, true]);
  expect(await removeBrokenSideFiles("s3://example-state?region=eu-west-1")).toBe(0);
});

it("one that another process removes meanwhile is gone as well", async () => {
  const { url, write } = backend();
  const broken = write("prod.json.attrs", "", 60);
  const second = write("staging.json.attrs", "", 60);
  mendedFirst.path = broken;
  expect(await removeBrokenSideFiles(url)).toBe(2);
  expect([broken, second].map((file) => existsSync(file))).toEqual([false, false]);
});
