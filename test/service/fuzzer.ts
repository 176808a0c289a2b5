/** schemathesis: a public fuzzer that reads a service's OpenAPI document and tries to prove it wrong. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { engineFolder } from "../../sandbox/engine/cacheFolder.ts";

/** Every package with its version and hashes. */
const REQUIREMENTS = join(import.meta.dirname, "requirements.txt");

const PYTHON = process.platform === "win32" ? "python" : "python3";
const OWN_PYTHON = process.platform === "win32" ? "Scripts/python.exe" : "bin/python";

export interface FuzzerRun {
  exitCode: number | undefined;
  /** What it found, for people. */
  output: string;
}

/**
 * Installs it from PyPI, once per machine and set of versions, beside the engine.
 * @returns its Python.
 * @throws Error when this machine has no Python that can, or PyPI does not answer.
 */
async function install(): Promise<string> {
  const version = createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex").slice(0, 16);
  const cache = resolve(engineFolder(process.env), "../../schemathesis");
  const folder = join(cache, version);
  if (!existsSync(folder)) {
    mkdirSync(cache, { recursive: true });
    const unfinished = mkdtempSync(join(cache, "unfinished-"));
    try {
      await execa(PYTHON, ["-m", "venv", unfinished]);
      const pip = ["-m", "pip", "install", "--quiet", "--require-hashes", "--requirement", REQUIREMENTS];
      await execa(join(unfinished, OWN_PYTHON), pip);
      // Another run may have been quicker.
      if (!existsSync(folder)) renameSync(unfinished, folder);
    } catch (cause) {
      throw new Error(
        "schemathesis could not be installed. It takes Python 3.11 or newer with venv " +
          "(Debian: python3-venv) and access to PyPI.",
        { cause },
      );
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
  }
  return join(folder, OWN_PYTHON);
}

/** @param cwd where it may leave files. */
export async function fuzz(args: readonly string[], cwd: string): Promise<FuzzerRun> {
  const python = await install();
  const { exitCode, all } = await execa(python, ["-m", "schemathesis.cli", "--no-color", ...args], {
    cwd,
    all: true,
    reject: false,
    // Its tables are as wide as the terminal.
    env: { COLUMNS: "120" },
  });
  return { exitCode, output: all };
}
