/** The pages for users against what they describe: nothing is missing, and every link leads somewhere. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { exitCodeOf } from "../../cli/exitCodes.ts";
import { makeProgram } from "../../cli/program.ts";
import type { Surroundings } from "../../cli/surroundings.ts";
import { OPERATIONS } from "../../operations/contract.ts";
import { ErrorCode } from "../../operations/errors.ts";
import { PROBLEM_TYPES, ServiceCode } from "../../service/problems/problemTypes.ts";
import { startTestService } from "../service/testService.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const PAGES = ["README.md", "SECURITY.md", ...globSync("docs/*.md", { cwd: ROOT })];

/** As GitHub makes them of headings. */
const anchors = (page: string) =>
  [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

describe.each(PAGES)("%s", (path) => {
  const page = read(path);

  it("has links that lead somewhere", () => {
    const links = [...page.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)];
    for (const [link, target = "", anchor] of links) {
      const file = target === "" ? join(ROOT, path) : join(ROOT, dirname(path), target);
      expect(existsSync(file), link).toBe(true);
      if (anchor !== undefined) expect(anchors(readFileSync(file, "utf8")), link).toContain(anchor);
    }
  });

  it("names sections of other pages that are there", () => {
    const named = page.matchAll(/(?:\[([\w-]+\.md)\]\([^)]*\)|(README)), "([^"]+)"/g);
    for (const [text, file, readme, section] of named) {
      const other = read(readme === undefined ? `docs/${file}` : "README.md");
      expect(other, text).toMatch(new RegExp(`^## ${section}$`, "m"));
    }
  });
});

describe("the page of the command line", () => {
  const page = read("docs/command-line.md");
  const output = { write: () => true };
  const program = makeProgram({ stdout: output, stderr: output } as unknown as Surroundings, () => {});
  /** Above the table and below it, for all that have them. */
  const SAID_ONCE = ["--hub", "--tunnel", "--dry-run", "--yes"];

  it.each(
    program
      .createHelp()
      .visibleCommands(program)
      .map((command): [string, typeof command] => [command.name(), command]),
  )("has %s with its options", (name, command) => {
    const [row] = new RegExp(`^\\| \`${name}[ \`].*$`, "m").exec(page) ?? [];
    expect(row).toBeDefined();
    for (const { long } of command.options) {
      const isSaid = row?.includes(`\`${long}`) || SAID_ONCE.includes(long ?? "");
      expect(isSaid, `${long}`).toBe(true);
    }
  });

  it("has the options of every command", () => {
    for (const { long } of program.options.filter(({ long }) => long !== "--version")) {
      expect(page).toMatch(new RegExp(`^\\| \`${long}`, "m"));
    }
  });
});

describe("the page of the library", () => {
  const page = read("docs/library.md");

  it.each(Object.keys(OPERATIONS))("has %s", (name) => {
    expect(page).toMatch(new RegExp(`^\\| \`${name}\``, "m"));
  });

  it.each(Object.keys(OPERATIONS) as (keyof typeof OPERATIONS)[])("has every input of %s", (name) => {
    const [row] = new RegExp(`^\\| \`${name}\`.*$`, "m").exec(page) ?? [];
    const fields = Object.keys(OPERATIONS[name].input.shape).filter(
      (field) => !["tenant", "hubId", "tunnelId"].includes(field),
    );
    for (const field of fields) expect(row).toContain(`\`${field}\``);
  });

  it.each(Object.values(ErrorCode))("says what %s is for programs, shells and clients", (code) => {
    const [row = ""] = new RegExp(`^\\| \`${code}\` \\|.*$`, "m").exec(page) ?? [];
    expect(row).toMatch(new RegExp(`\\| ${exitCodeOf(code)} \\| ${PROBLEM_TYPES[code].status} \\|$`));
  });
});

describe("the page of the service", () => {
  const page = read("docs/service.md");

  it.each(Object.values(ServiceCode))("says what to do about %s", (code) => {
    expect(page).toMatch(new RegExp(`^\\| \`${code}\` \\| ${PROBLEM_TYPES[code].status} \\|`, "m"));
  });

  it("has every route with its scopes, and none besides", async () => {
    const service = await startTestService();
    const { json } = await service.send("GET /openapi.json");
    const paths = json["paths"] as Record<string, Record<string, { security?: Record<string, string[]>[] }>>;
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { security }]) => {
        const scopes = Object.values(security?.[0] ?? {}).flat();
        const name = path.replace(/^\/v1\/plans\/\w+$/, "/v1/plans/{operation}");
        return `${method.toUpperCase()} ${name}: ${scopes.join(", ") || "none"}`;
      }),
    );
    const told = [...page.matchAll(/^\| `(GET|POST|DELETE) (\/[^`]*)`.*? \| ([a-z, ]+) \|/gm)].map(
      ([, method, path, scopes]) => `${method} ${path}: ${scopes}`,
    );
    const documents = ["GET /problems/{code}: none"];
    expect(new Set([...told, ...documents])).toEqual(new Set(routes));
  });

  it("has every metric", async () => {
    const { text } = await (await startTestService()).send("GET /metrics");
    for (const [, metric] of text.matchAll(/^# TYPE (\w+)/gm)) expect(page).toContain(`| \`${metric}\` |`);
  });
});
