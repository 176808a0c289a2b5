/** The commands of README and of the pages in docs. */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CHECKOUT, commandLine } from "./commandLine.ts";

interface Block {
  /** `sandbox`: run here. `ci`: run by CI. `real-account`: needs one. */
  kind: string;
  commands: string[];
}

const PAGES = ["README.md", ...globSync("docs/*.md", { cwd: CHECKOUT })];

function blocksOf(page: string): Block[] {
  const text = readFileSync(join(CHECKOUT, page), "utf8");
  return [...text.matchAll(/^ *```sh ?(\S*)\n([\s\S]*?)^ *```/gm)].map(([, kind = "", body = ""]) => ({
    kind,
    commands: body
      .replaceAll("\\\n", " ")
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== ""),
  }));
}

const commandsOf = (page: string, kind: string) =>
  blocksOf(page)
    .filter((block) => block.kind === kind)
    .flatMap(({ commands }) => commands);

/** As somebody types them, in one shell: variables and jobs last from one command to the next. Stops at a failure. */
async function runInSandbox(page: string): Promise<string> {
  const line = commandLine();
  // The dependencies are those that this test runs with.
  const commands = commandsOf(page, "sandbox").map((command) => command.replace(/^npm ci && /, ""));
  const script = join(line.folder, "commands.sh");
  writeFileSync(script, `${commands.join("\n")}\n`);
  const { exitCode, output } = await line.shell(`sh -ex '${script}'`);
  expect(exitCode, output).toBe(0);
  return output;
}

it.each(PAGES)("%s says of each block of commands where it is run", (page) => {
  for (const { kind } of blocksOf(page)) expect(["sandbox", "ci", "real-account"]).toContain(kind);
});

describe("commands for the sandbox work, in their order", () => {
  it("of README, and leave nothing", async () => {
    const output = await runInSandbox("README.md");
    const [, listing = ""] = output.split("+ npm run sandbox -- ls").slice(1);
    expect(listing).toMatch(/^Nothing at Cloudflare, nothing at AWS\.$/m);
  }, 400_000);

  it("of the command line: a tenant's life", async () => {
    const output = await runInSandbox("docs/command-line.md");
    expect(output).toMatch(/condition +Ready/);
    expect(output).toMatch(/key generations +2\n/);
    expect(output).toContain('"keyGeneration": 3');
    expect(output).toMatch(/state +absent/);
    expect(output).not.toMatch(/missing/);
  }, 400_000);

  it("of the service: a hub is enrolled and disabled, and the service ends", async () => {
    const output = await runInSandbox("docs/service.md");
    expect(output).toContain('"hostname":"staging-hooli.example.com"');
    expect(output).toContain('"r2_secret_access_key":"');
    expect(output).toContain('"enabled":true');
    expect(output).toContain('"operation":"disable","state":"running"');
    const [, log = ""] = output.split("+ tail");
    expect(log).toMatch(/"operation":"disable".*"result":"succeeded"/);
    expect(log).toContain('"msg":"stopped"');
  }, 400_000);
});

it("runs every page's commands for the sandbox", () => {
  const pages = PAGES.filter((page) => commandsOf(page, "sandbox").length > 0);
  expect(pages.toSorted()).toEqual(["README.md", "docs/command-line.md", "docs/service.md"]);
});

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
  for (const command of PAGES.flatMap((page) => commandsOf(page, "ci"))) {
    const isRun = ci.includes(command) || Object.values(scripts).some((script) => script.includes(command));
    expect(isRun, `${command} is run by nothing`).toBe(true);
  }
});
