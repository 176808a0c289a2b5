/** Real tools that judge generated text. */
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** Debian packages by the tool that is in them. */
const PACKAGES = {
  aws: "awscli",
  bwrap: "bubblewrap",
  "cloud-init": "cloud-init",
  curl: "curl",
  openssl: "openssl",
  shellcheck: "shellcheck",
  "systemd-analyze": "systemd",
} as const;

const missing = new Set<string>();

function isOnPath(tool: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Whether a test that needs the tool runs. In CI it always does, and fails without it; elsewhere a warning says so. */
export function hasTool(tool: keyof typeof PACKAGES): boolean {
  if (isOnPath(tool) || process.env["CI"] === "true") return true;
  if (!missing.has(tool))
    console.warn(`not run: checks by ${tool}; install it with "apt-get install ${PACKAGES[tool]}"`);
  missing.add(tool);
  return false;
}

/** Writes files, by their paths in it, into a folder that goes when the test is finished; returns the folder. */
export function temporaryFiles(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "tenant-edge-host-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}
