import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { CHECKOUT, commandLine } from "./commandLine.ts";

interface Block {
  /** `sandbox`: run here. `ci`: run by CI. `real-account`: needs one. */
  kind: string;
  commands: string[];
}

const readme = readFileSync(`${CHECKOUT}/README.md`, "utf8");

const blocks: Block[] = [...readme.matchAll(/^ *```sh ?(\S*)\n([\s\S]*?)^ *```/gm)].map(
  ([, kind = "", body = ""]) => ({
    kind,
    commands: body
      .replaceAll("\\\n", " ")
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== ""),
  }),
);

const commandsOf = (kind: string) =>
  blocks.filter((block) => block.kind === kind).flatMap(({ commands }) => commands);

it("says of each block of commands where it is run", () => {
  expect(new Set(blocks.map(({ kind }) => kind))).toEqual(new Set(["sandbox", "ci", "real-account"]));
});

it("has commands for the sandbox that work, in their order, and leave nothing", async () => {
  const line = commandLine();
  const commands = commandsOf("sandbox");
  expect(commands.length).toBeGreaterThan(8);
  let listing = "";
  for (const command of commands) {
    // The dependencies are those that this test runs with.
    const { exitCode, output } = await line.shell(command.replace(/^npm ci && /, ""));
    expect(exitCode, `${command}\n${output}`).toBe(0);
    if (command.endsWith("sandbox -- ls")) listing = output;
  }
  expect(listing).toMatch(/Nothing at Cloudflare, nothing at AWS\.\n$/);
}, 400_000);

it("leaves to CI only commands that CI runs", () => {
  const files = [".ci/run", ".github/workflows/checks.yml"];
  // A test runs it.
  const mutations = readFileSync(`${CHECKOUT}/test/mutations.test.ts`, "utf8");
  expect(mutations).toContain('execa("npm", ["run", "mutations"]');
  const ci = [...files.map((file) => readFileSync(`${CHECKOUT}/${file}`, "utf8")), "npm run mutations"].join(
    "\n",
  );
  const { scripts } = JSON.parse(readFileSync(`${CHECKOUT}/package.json`, "utf8")) as {
    scripts: Record<string, string>;
  };
  for (const command of commandsOf("ci")) {
    const isRun = ci.includes(command) || Object.values(scripts).some((script) => script.includes(command));
    expect(isRun, `${command} is run by nothing`).toBe(true);
  }
});
