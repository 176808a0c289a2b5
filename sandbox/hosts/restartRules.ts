/** When systemd starts a service again. Manual pages systemd.service(5), "Restart=", and systemd.unit(5), "StartLimit…". */
import type { ExitError } from "./programs/program.ts";
import type { ServiceUnit } from "./serviceUnit.ts";

/** @param problem why it ended; undefined when it ended well. */
export function restartsAfter({ restart }: ServiceUnit, problem: ExitError | undefined): boolean {
  return restart === "always" || restart === (problem === undefined ? "on-success" : "on-failure");
}

/** @param starts when it was started so far, in seconds of the host's clock. */
export function repeatsTooQuickly({ startLimit }: ServiceUnit, starts: readonly number[]): boolean {
  const { burst, intervalSeconds } = startLimit;
  const [first, last] = [starts.at(-burst), starts.at(-1)];
  return first !== undefined && last !== undefined && last - first < intervalSeconds;
}
