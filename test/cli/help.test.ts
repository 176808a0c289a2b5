/** Help of every command, and that it needs nothing heavy. */
import { join } from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { COMMANDS } from "../../cli/operationCommands.ts";
import { runFake } from "./fakeCli.ts";

const CHECKOUT = join(import.meta.dirname, "../..");
const OTHERS = [
  "move",
  "up",
  "shards",
  "add-shard",
  "kubernetes",
  "doctor",
  "pull",
  "push",
  "migrate",
  "serve",
  "service-token",
  "completion",
];
const ALL = [...Object.values(COMMANDS).map(({ name }) => name), ...OTHERS];

it("lists every command and exit code", async () => {
  const { exitCode, stdout } = await runFake(["--help"]);
  expect(exitCode).toBe(0);
  const listed = [...stdout.matchAll(/^ {2}([a-z][a-z-]+) /gm)].map(([, name]) => name);
  expect(listed.toSorted()).toEqual([...ALL, "help"].toSorted());
  expect(stdout).toContain("but service-token prints the token that it makes");
  for (const code of [0, 1, 2, 3, 4, 5, 6, 7, 130]) expect(stdout).toMatch(new RegExp(`^ {2}${code} `, "m"));
});

it.each(ALL)("explains %s with examples that begin as it does", async (name) => {
  const { exitCode, stdout, stderr } = await runFake([name, "--help"]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toContain(`Usage: tenant-edge ${name}`);
  expect(stdout).toContain("--stack <name>");
  const examples = stdout.slice(stdout.indexOf("Examples:")).matchAll(/^ {2}(tenant-edge .*)$/gm);
  const commands = [...examples].map(([, command]) => command);
  expect(commands.length).toBeGreaterThan(0);
  for (const command of commands) expect(command).toMatch(new RegExp(`^tenant-edge ${name}( |$)`));
});

it.each([[["--help"]], [["complete", "--", "dis"]]])("loads no SDK for %j", async (args) => {
  const { stderr, exitCode } = await execa(
    process.execPath,
    [
      "--import",
      join(import.meta.dirname, "loadedModules.js"),
      join(CHECKOUT, "bin/tenant-edge.js"),
      ...args,
    ],
    { cwd: CHECKOUT },
  );
  expect(exitCode).toBe(0);
  const loaded = JSON.parse(stderr) as string[];
  expect(loaded.some((url) => url.includes("/node_modules/commander/"))).toBe(true);
  const heavy = /\/node_modules\/(@pulumi|@aws-sdk|@smithy|cloudflare|hono|@hono|pino|@grpc)\//;
  expect(loaded.filter((url) => heavy.test(url))).toEqual([]);
});
