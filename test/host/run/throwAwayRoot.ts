/** A root directory that a host's scripts run in for real: the machine's programs, and nothing else of the machine. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";

const IS_ROOT = process.getuid?.() === 0;

/** Of the group that the app runs as. An ordinary user can map but one group: then everything has this one. */
export const APP_GROUP_ID = 990;

export interface RunOptions {
  environment?: Readonly<Record<string, string>>;
  /** Bytes of an own, empty tmpfs in the place of /run/tenant-edge. Default: a folder that stays. */
  runSize?: number;
  /** Kills everything in the root. */
  killSignal?: AbortSignal;
}

export interface Run {
  /** 128 + 9 when it was killed. */
  exitCode: number | undefined;
  /** Standard output and standard error. */
  output: string;
}

/** Mode, group and content by path, folders with a slash at their end. */
export type Tree = Record<string, string>;

export class ThrowAwayRoot {
  readonly #folder = mkdtempSync(join(tmpdir(), "tenant-edge-root-"));
  readonly #saved = mkdtempSync(join(tmpdir(), "tenant-edge-saved-"));

  constructor() {
    for (const name of [
      "dev",
      "proc",
      "root",
      "run/tenant-edge",
      "tmp",
      "usr",
      "test/calls",
      "test/kept",
      "test/units",
    ]) {
      mkdirSync(this.path(name), { recursive: true });
    }
    for (const name of ["bin", "lib", "lib64", "sbin"]) symlinkSync(`usr/${name}`, this.path(name));
    this.write("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\n");
    this.write("/etc/group", `root:x:0:\ntenant-app:x:${APP_GROUP_ID}:\n`);
    mkdirSync(this.path("/etc/alternatives"));
    mkdirSync(this.path("/usr/local/bin"), { recursive: true });
  }

  /** Where a file of the root lies on this machine. */
  path(inRoot: string): string {
    return join(this.#folder, inRoot);
  }

  write(inRoot: string, content: string | Uint8Array, mode = 0o644): void {
    mkdirSync(dirname(this.path(inRoot)), { recursive: true });
    writeFileSync(this.path(inRoot), content);
    chmodSync(this.path(inRoot), mode);
  }

  copy(from: URL, inRoot: string): void {
    mkdirSync(dirname(this.path(inRoot)), { recursive: true });
    copyFileSync(from, this.path(inRoot));
    chmodSync(this.path(inRoot), 0o755);
  }

  /** The text of a file, or nothing when there is none. */
  read(inRoot: string): string {
    try {
      return readFileSync(this.path(inRoot), "utf8");
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
      throw error;
    }
  }

  remove(inRoot: string): void {
    rmSync(this.path(inRoot), { recursive: true, force: true });
  }

  tree(inRoot: string): Tree {
    const tree: Tree = {};
    for (const name of readdirSync(this.path(inRoot)).sort()) {
      const path = join(inRoot, name);
      const { mode, gid } = statSync(this.path(path));
      const group = IS_ROOT && gid === APP_GROUP_ID ? " tenant-app" : "";
      const shown = `${(mode & 0o7777).toString(8).padStart(4, "0")}${group}`;
      if (statSync(this.path(path)).isDirectory())
        Object.assign(tree, { [`${path}/`]: shown }, this.tree(path));
      else tree[path] = `${shown}\n${this.read(path)}`;
    }
    return tree;
  }

  /** Keeps everything as it is now for `restore`. */
  save(): void {
    rmSync(this.#saved, { recursive: true });
    execFileSync("cp", ["-a", this.#folder, this.#saved]);
  }

  restore(): void {
    rmSync(this.#folder, { recursive: true });
    execFileSync("cp", ["-a", this.#saved, this.#folder]);
  }

  /** Runs a command as the root of a PID namespace of its own, with the umask of the units. */
  async run(command: string, { environment = {}, runSize, killSignal }: RunOptions = {}): Promise<Run> {
    const variables = Object.entries(environment).flatMap(([name, value]) => ["--setenv", name, value]);
    const { exitCode, all, signal } = await execa(
      "bwrap",
      [
        ...["--bind", this.#folder, "/", "--ro-bind", "/usr", "/usr"],
        ...["--bind", this.path("/usr/local"), "/usr/local"],
        ...["--ro-bind-try", "/etc/alternatives", "/etc/alternatives"],
        ...["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"],
        ...(runSize === undefined ? [] : ["--size", String(runSize), "--tmpfs", "/run/tenant-edge"]),
        ...["--unshare-pid", "--unshare-ipc", "--die-with-parent", "--chdir", "/", "--clearenv"],
        ...(IS_ROOT ? [] : ["--unshare-user", "--uid", "0", "--gid", String(APP_GROUP_ID)]),
        ...["--setenv", "HOME", "/root", ...variables],
        ...["/bin/sh", "-c", `umask 0077; ${command}`],
      ],
      {
        ...(killSignal !== undefined && { cancelSignal: killSignal, killSignal: "SIGKILL" as const }),
        ...{ all: true, reject: false, stdin: "ignore" },
      },
    );
    return { exitCode: signal === undefined ? exitCode : 137, output: all };
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
    rmSync(this.#saved, { recursive: true, force: true });
  }
}
