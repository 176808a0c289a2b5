/** Checks of many stack files without an engine, each in a process of its own. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { stringify } from "yaml";
import { CHECKOUT } from "../sandbox/session.ts";
import type { Check } from "./checkKind.ts";
import { shardConfig } from "./config.ts";
import { memoryReport } from "./measured.ts";

export interface CheckRun {
  milliseconds: number;
  /** Peak of the process's memory, in MB (10^6 bytes). */
  memory: number;
}

const PROGRAM = fileURLToPath(new URL("programs/check.ts", import.meta.url));
const ENVIRONMENT = "bench";

/** Stack files in a folder of their own. */
export class StackFiles {
  readonly #folder = mkdtempSync(join(tmpdir(), "tenant-edge-bench-"));

  constructor(files: number, tenantsPerFile: number) {
    writeFileSync(join(this.#folder, "Pulumi.yaml"), readFileSync(join(CHECKOUT, "Pulumi.yaml")));
    for (let file = 1; file <= files; file += 1) {
      const name = `Pulumi.${ENVIRONMENT}-${file}.yaml`;
      writeFileSync(join(this.#folder, name), stringify({ config: shardConfig(file, tenantsPerFile) }));
    }
  }

  async check(kind: Check): Promise<CheckRun> {
    const report = join(this.#folder, "memory");
    const args = [memoryReport(report), PROGRAM, kind, this.#folder, ENVIRONMENT];
    const { stdout } = await execa(process.execPath, args, { stdin: "ignore" });
    return { milliseconds: Number(stdout), memory: Number(readFileSync(report, "utf8")) };
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
