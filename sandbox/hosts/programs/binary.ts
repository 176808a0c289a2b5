/** What the compiled programs of a host do. */
import { once } from "node:events";
import { type Binary, BinaryName } from "../file.ts";
import type { Machine } from "../machine.ts";
import { cloudflared } from "./cloudflared.ts";
import { docker } from "./docker.ts";
import { ExitError, type Program, StopReason } from "./program.ts";

/** Runs until it is stopped. */
const daemon: Program = async ({ signal, ready }) => {
  ready();
  if (!signal.aborted) await once(signal, "abort");
};

/** Listens on every port of the loopback interface. */
const app: Program = async ({ machine, unit, environment, signal, ready }) => {
  machine.apps.set(unit, { environment });
  ready();
  try {
    if (!signal.aborted) await once(signal, "abort");
  } finally {
    if (signal.reason !== StopReason.suspend) machine.apps.delete(unit);
  }
};

/** Throws ExitError for a program of another architecture. */
export function binaryProgram(
  path: string,
  { name, version, architecture }: Binary,
  machine: Machine,
): Program {
  if (architecture !== machine.architecture) {
    throw new ExitError(`Failed at step EXEC spawning ${path}: Exec format error`);
  }
  switch (name) {
    case BinaryName.cloudflared:
      return cloudflared(version);
    case BinaryName.docker:
      return docker;
    case BinaryName.daemon:
      return daemon;
    case BinaryName.app:
      return app;
  }
}
