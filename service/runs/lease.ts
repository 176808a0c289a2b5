/** Which process runs an operation, and until when no other one may. */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { z } from "zod";

export const lease = z.strictObject({
  /** Of one runner: a new one in every process. */
  owner: z.uuid(),
  /** Where its process id means something. */
  machine: z.string(),
  pid: z.int(),
  /** Renewed long before. */
  until: z.iso.datetime(),
});
export type Lease = z.output<typeof lease>;

const MACHINE = machine();

/**
 * Two containers can have the same name and the same process ids, and not the same namespace of them. Linux manual
 * pages, namespaces(7) and random(4): both links differ where that is so, and after a restart of the machine.
 */
function machine(): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return hostname();
  }
}

export function newLease(owner: string, now: Date, seconds: number): Lease {
  const until = new Date(now.getTime() + seconds * 1000).toISOString();
  return { owner, machine: MACHINE, pid: process.pid, until };
}

/** Nobody has it, not for any longer, or somebody who died: a process of this machine that is not there any more. */
export function isFree(held: Lease | null, now: Date): boolean {
  if (held === null || now.getTime() >= Date.parse(held.until)) return true;
  return held.machine === MACHINE && !isAlive(held.pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}
