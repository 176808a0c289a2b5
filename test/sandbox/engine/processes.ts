import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { vi } from "vitest";

/** Writes an executable that runs a piece of JavaScript (CommonJS). */
export function writeExecutable(file: string, script: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!${process.execPath}\n${script}\n`);
  chmodSync(file, 0o755);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Waits, at most 20 seconds, for a process to write its id into a file. */
export function writtenPid(file: string): Promise<number> {
  return vi.waitFor(
    () => {
      const pid = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
      if (pid === 0) throw new Error(`no process id in ${file}`);
      return pid;
    },
    { timeout: 20_000, interval: 20 },
  );
}

/** Waits, at most 5 seconds, for a process to end. */
export function ended(pid: number): Promise<void> {
  return vi.waitFor(
    () => {
      if (isAlive(pid)) throw new Error(`process ${pid} is still there`);
    },
    { timeout: 5_000, interval: 20 },
  );
}
