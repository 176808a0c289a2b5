/** Runs the project's scripts as a user does: as processes. */
import { join } from "node:path";
import { execa } from "execa";

const CHECKOUT = join(import.meta.dirname, "../..");

export interface ScriptResult {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

/** @param env added to the test's own, without what a developer's shell may say about AWS. */
export async function runScript(
  name: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<ScriptResult> {
  const inherited = Object.entries(process.env).filter(([key]) => !key.startsWith("AWS_"));
  const { exitCode, stdout, stderr } = await execa(
    process.execPath,
    ["--import", "./sandbox/requireNode.js", join("scripts", `${name}.ts`), ...args],
    {
      cwd: CHECKOUT,
      extendEnv: false,
      env: { ...Object.fromEntries(inherited), FORCE_COLOR: "0", ...env },
      reject: false,
    },
  );
  return { exitCode, stdout, stderr };
}
