/** A folder on a file system that is about to be full, for one command. Linux with bubblewrap only. */
import { cp, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import type { PulumiResult } from "../../sandbox/engine/runPulumi.ts";

/** tmpfs gives room by pages. */
const PAGE = 4096;

export interface LittleRoom {
  /** Absolute. */
  folder: string;
  /** Bytes that can be written besides what is there. */
  room: number;
  cwd: string;
  env: Readonly<Record<string, string>>;
}

/** Fills a copy of the folder in memory, runs the command, and keeps what it left there. */
const SCRIPT =
  'cp -a "$1/before/." "$2" && after=$1/after && folder=$2 && shift 2 && "$@"; code=$?; cp -a "$folder/." "$after"; exit $code';

/** Runs a command that sees the folder on such a file system. Afterwards the folder has what the command left in it. */
export async function withLittleRoom(
  command: readonly string[],
  { folder, room, cwd, env }: LittleRoom,
): Promise<PulumiResult> {
  const work = await mkdtemp(join(dirname(folder), "room-"));
  try {
    await cp(folder, join(work, "before"), { recursive: true });
    await cp(folder, join(work, "after"), { recursive: true, filter: (path) => path === folder });
    const size = (await pagesIn(folder)) + room;
    const { exitCode, stdout, stderr } = await execa(
      "bwrap",
      [
        "--dev-bind",
        "/",
        "/",
        "--size",
        String(size),
        "--tmpfs",
        folder,
        "sh",
        "-c",
        SCRIPT,
        "sh",
        work,
        folder,
        ...command,
      ],
      { cwd, env, extendEnv: false, stdin: "ignore", reject: false },
    );
    await rm(folder, { recursive: true });
    await rename(join(work, "after"), folder);
    return { exitCode: exitCode ?? 1, stdout, stderr };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function pagesIn(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    files
      .filter((file) => file.isFile())
      .map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
  );
  return sizes.reduce((sum, size) => sum + Math.ceil(size / PAGE) * PAGE, 0);
}
