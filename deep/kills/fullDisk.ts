/** The disk with the state is full in the middle of an update: what was there stays, and the next run completes it. */

import type { Engine } from "../../sandbox/engine/engine.ts";
import { stateFolder } from "../../sandbox/engine/environment.ts";
import { COMMAND, commandEnvironment, runCommand } from "../command.ts";
import { ACTOR, type Entry } from "./config.ts";
import type { KillStack } from "./killStack.ts";
import { withLittleRoom } from "./littleRoom.ts";
import { complaintOf, type Outcome } from "./outcome.ts";

const UPDATE = ["up", "--yes", "--skip-preview"];
const bare = (id: string): Entry => ({ id, host: { enabled: false } });
const [FIRST, SECOND] = [bare("acme"), bare("globex")];

/** A stack with one tenant, to which a second one is to be added. */
export const FULL_DISK_ENTRIES: readonly Entry[] = [FIRST];

export const FullDiskRun = { Update: "pulumi up", Operation: "enroll" } as const;
export type FullDiskRun = (typeof FullDiskRun)[keyof typeof FullDiskRun];

/** @param room bytes that can be written before the disk is full. */
export async function fullDisk(
  target: KillStack,
  engine: Engine,
  run: FullDiskRun,
  room: number,
): Promise<Outcome> {
  const { stack } = target;
  const isUpdate = run === FullDiskRun.Update;
  const name = `${run} with room for ${room} bytes more`;
  const failed = (why: string): Outcome => ({ name, isHit: true, lost: [], orphans: [], wrong: [why] });

  const first = await stack.pulumi(UPDATE);
  if (first.exitCode !== 0) return failed(`the stack could not be made:\n${complaintOf(first)}`);
  const before = target.before();
  if (isUpdate) stack.configure({ "tenant-edge:tenants": [FIRST, SECOND] });
  const command = isUpdate
    ? [engine.command, ...UPDATE]
    : [process.execPath, COMMAND, "enroll", SECOND.id, "--no-host", "--yes"];
  const result = await withLittleRoom(command, {
    folder: stateFolder(stack.folder),
    room,
    cwd: stack.project,
    env: commandEnvironment(stack, ACTOR),
  });
  const isHit = result.exitCode !== 0;
  if (isHit && !/no space left on device|ENOSPC/.test(result.stdout + result.stderr))
    return failed(`nobody says that the disk is full:\n${complaintOf(result)}`);

  if (isHit) {
    const repaired = await runCommand(stack, ACTOR, ["repair", "--yes"]);
    if (repaired.exitCode !== 0) return failed(`cannot be repaired:\n${complaintOf(repaired)}`);
  }
  const again = await stack.pulumi(UPDATE);
  if (again.exitCode !== 0) return failed(`cannot be completed:\n${complaintOf(again)}`);
  const findings = await target.look(before, isUpdate ? [FIRST, SECOND] : target.listed());
  return { name, isHit, ...findings };
}
