/** The processes that work on one sandbox. Linux only: it looks into /proc. */
import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";

export const Role = {
  /** `pulumi` itself. */
  Engine: "engine",
  /** The Node process that runs the Pulumi program. */
  Program: "program",
  /** `tenant-edge`, the service included. */
  Operation: "operation",
} as const;
export type Role = (typeof Role)[keyof typeof Role];

const PROGRAM = /[\\/]@pulumi[\\/]pulumi[\\/]cmd[\\/]run[\\/]/;
const OPERATION = /[\\/]bin[\\/]tenant-edge\.js$/;

/** Ends processes of these roles at once, as `kill -9` does. @returns how many there were. */
export function killAll(folder: string, roles: readonly Role[]): number {
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .filter((pid) => {
      const role = roleOf(pid, folder);
      return role !== undefined && roles.includes(role) && kill(Number(pid));
    }).length;
}

/** @returns false when it has just ended by itself. */
function kill(pid: number): boolean {
  try {
    process.kill(pid, "SIGKILL");
    return true;
  } catch {
    return false;
  }
}

/** What a process is that has the folder in its arguments or its environment. */
function roleOf(pid: string, folder: string): Role | undefined {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    const isOurs = words.some((word) => word.includes(folder)) || hasInEnvironment(pid, folder);
    if (!isOurs) return undefined;
    if (basename(words[0] ?? "") === "pulumi") return Role.Engine;
    if (words.some((word) => PROGRAM.test(word))) return Role.Program;
    return words.some((word) => OPERATION.test(word)) ? Role.Operation : undefined;
  } catch {
    // It has just ended, or is another user's.
    return undefined;
  }
}

function hasInEnvironment(pid: string, folder: string): boolean {
  return readFileSync(`/proc/${pid}/environ`, "utf8").includes(folder);
}
