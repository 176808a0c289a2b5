/**
 * Child processes that lead a process group of their own.
 *
 * A group can be signalled as a whole, so that what the child has started ends with it, and a Ctrl-C in the terminal
 * reaches the child only if this process passes it on: once. Windows has no process groups: there only the child
 * itself is signalled.
 */
/** As much of a child process as is needed here. */
interface GroupLeader {
  readonly pid?: number | undefined;
  once(event: "exit", listener: () => void): unknown;
}

const isPosix = process.platform !== "win32";

/** Groups that must not outlive this process, with the signal each gets when it exits. */
const live = new Map<number, NodeJS.Signals>();

process.on("exit", () => {
  for (const [pid, signal] of live) signalGroup(pid, signal);
});

/** Options of execa for a child that is given to {@link trackGroup}. */
export const GROUP_LEADER = { detached: isPosix, cleanup: false } as const;

/**
 * Sees to it that a group ends when this process exits before it.
 * @param onExit The signal that the group gets then. Default SIGKILL.
 */
export function trackGroup(leader: GroupLeader, onExit: NodeJS.Signals = "SIGKILL"): void {
  const { pid } = leader;
  if (pid === undefined) return;
  live.set(pid, onExit);
  leader.once("exit", () => live.delete(pid));
}

/** Signals a child and all that it started. A group that has ended is fine. */
export function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(isPosix ? -pid : pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
