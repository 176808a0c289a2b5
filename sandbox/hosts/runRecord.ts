/** What one run of a service saw and changed: whether another run could come to anything else. */
import { type Machine, readyConnections } from "./machine.ts";

/** All that a host's own programs look at, in one text: the same one as long as nothing has changed. */
export function fingerprint(machine: Machine): string {
  const connectors = [...machine.connectors].map(([unit, connector]) => [
    unit,
    connector.id,
    connector.port,
    readyConnections(machine, connector),
  ]);
  return JSON.stringify([
    machine.files.digest,
    connectors,
    [...machine.apps.keys()],
    machine.network.isCut,
    parameterVersions(machine),
  ]);
}

/** As they are now, of all parameters that the host's programs look at. */
export function parameterVersions({ aws, seenParameters }: Machine): string {
  return [...seenParameters.keys()].map((name) => aws.parameterRevision(name)).join();
}

/** Whether the host's programs have seen each of their parameters as it is now. */
export function hasSeenAll({ aws, seenParameters }: Machine): boolean {
  return [...seenParameters].every(([name, revision]) => aws.parameterRevision(name) === revision);
}

export class RunRecord {
  readonly #machine: Machine;
  readonly #digest: number;
  /** Revisions of the SSM parameters that it saw or wrote. */
  readonly parameters = new Map<string, string>();
  hasOutput = false;
  hasReadClock = false;
  /** The last complaint of a program that it called. */
  trouble: string | undefined;
  /** As the host was when a run without any effect ended: while it is so, the next run will have none either. */
  idle: string | undefined;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#digest = machine.files.digest;
  }

  end(isWell: boolean): void {
    if (!isWell) return;
    for (const [name, revision] of this.parameters) this.#machine.seenParameters.set(name, revision);
    const isUnchanged = this.#digest === this.#machine.files.digest;
    if (isUnchanged && !this.hasOutput && !this.hasReadClock) this.idle = fingerprint(this.#machine);
  }
}
