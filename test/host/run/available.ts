/** Whether this machine can run a host's scripts in a throw-away root. */
import { execFileSync } from "node:child_process";
import { hasTool } from "../tools.ts";

const TOOLS = ["bwrap", "aws", "curl", "openssl"] as const;

/** In CI always; elsewhere with the tools that it takes, and unless the kernel forbids namespaces. */
export function hasThrowAwayRoots(): boolean {
  // Each of them, so that all that are missing are listed.
  const missing = TOOLS.filter((tool) => !hasTool(tool));
  if (process.env["CI"] === "true") return true;
  if (missing.length > 0) return false;
  try {
    const probe = ["/bin/sh", "-c", "for tool; do test -x /usr/bin/$tool || exit; done", "sh", ...TOOLS];
    const options = ["--ro-bind", "/", "/", "--unshare-pid", "--proc", "/proc", "--dev", "/dev"];
    execFileSync("bwrap", [...options, ...probe], { stdio: "pipe" });
    return true;
  } catch {
    console.warn(`not run: the host's scripts; they take ${TOOLS.join(", ")} in /usr/bin, and namespaces`);
    return false;
  }
}
