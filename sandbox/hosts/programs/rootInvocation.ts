import { ROOT } from "../account.ts";
import type { HostClock } from "../hostClock.ts";
import type { Machine } from "../machine.ts";
import type { Invocation } from "./program.ts";

interface Surroundings {
  machine: Machine;
  clock: HostClock;
  /** Aborted when the program must end. */
  signal: AbortSignal;
  log(line: string): void;
}

/** How a unit of the image that nothing restricts runs a script: as root, without arguments or an environment. */
export function rootInvocation(unit: string, { machine, clock, signal, log }: Surroundings): Invocation {
  return {
    machine,
    unit,
    arguments: [],
    environment: {},
    account: ROOT,
    umask: 0o022,
    resumed: false,
    networkProblem: () => undefined,
    mayWrite: () => true,
    signal,
    log,
    ready: () => {},
    trouble: () => {},
    sleep: (seconds) => clock.wait(seconds, signal),
    readClock: () => {},
    saw: () => {},
  };
}
