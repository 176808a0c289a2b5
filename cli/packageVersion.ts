import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";

/** Of this package, whose file is at another distance from the compiled command. */
export function packageVersion(): string {
  const file = findPackageJSON("..", import.meta.url);
  if (file === undefined) return "unknown";
  return String((JSON.parse(readFileSync(file, "utf8")) as { version?: unknown }).version);
}
