import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { removeBrokenFiles } from "../../../operations/engine/stateFiles.ts";

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
  const write = (name: string, text: string, ageSeconds: number) => {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    const time = new Date(Date.now() - ageSeconds * 1000);
    utimesSync(file, time, time);
    return file;
  };
  return { folder, write };
}

it("removes side files that a killed engine left empty, and nothing that is whole or being written", async () => {
  const { folder, write } = backend();
  const state = write("stacks/tenant-edge/prod.json", "", 60);
  const broken = write("stacks/tenant-edge/prod.json.attrs", "", 60);
  const whole = write("stacks/tenant-edge/staging.json.attrs", "{}", 60);
  const written = write("stacks/tenant-edge/test.json.attrs", "", 0);

  expect(await removeBrokenFiles(folder)).toBe(1);
  expect([state, broken, whole, written].map((file) => existsSync(file))).toEqual([true, false, true, true]);
});

it("one that another process removes meanwhile is gone as well", async () => {
  const { folder, write } = backend();
  const broken = write("stacks/tenant-edge/prod.json.attrs", "", 60);
  const second = write("stacks/tenant-edge/staging.json.attrs", "", 60);
  mendedFirst.path = broken;
  expect(await removeBrokenFiles(folder)).toBe(2);
  expect([broken, second].map((file) => existsSync(file))).toEqual([false, false]);
});

it("removes a lock that nobody could write, and no other", async () => {
  const { folder, write } = backend();
  const locks = "locks/organization/tenant-edge/prod";
  const unwritten = write(`${locks}/1.json.18ea7bf3bd41dc11.tmp`, "", 60);
  const cut = write(`${locks}/2.json`, '{"pid":4', 60);
  const whole = write(`${locks}/3.json`, '{"pid":4711}', 60);
  const written = write(`${locks}/4.json`, "", 0);
  expect(await removeBrokenFiles(folder)).toBe(2);
  const all = [unwritten, cut, whole, written];
  expect(all.map((file) => existsSync(file))).toEqual([false, false, true, true]);
});
