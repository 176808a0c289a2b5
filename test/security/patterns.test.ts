/** No regular expression of the product takes more than linear time, whatever text it is given. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkSync } from "recheck";
import ts from "typescript";
import { expect, it } from "vitest";
import { startTestService } from "../service/testService.ts";

const ROOT = join(import.meta.dirname, "../..");
/** What runs where no stranger's text is: tests, the sandbox, and what developers run on their own files. */
const LEFT_OUT = /^(?:\.sandbox|bench|deep|dist|examples|node_modules|sandbox|scripts|test)(?:\/|$)/;
const SOURCES = globSync(["**/*.{ts,js}", ".github/scripts/*.ts"], {
  cwd: ROOT,
  exclude: (path) => LEFT_OUT.test(path.replaceAll("\\", "/")),
});

interface Expression {
  source: string;
  flags: string;
  where: string;
}

/** The literals of a module. */
function literals(path: string): Expression[] {
  const found: Expression[] = [];
  const module = ts.createSourceFile(
    path,
    readFileSync(join(ROOT, path), "utf8"),
    ts.ScriptTarget.Latest,
    true,
  );
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf("/");
      found.push({ source: node.text.slice(1, end), flags: node.text.slice(end + 1), where: path });
    }
    ts.forEachChild(node, visit);
  };
  visit(module);
  return found;
}

/** Those of a JSON Schema, some of which are put together from parts. */
function patternsIn(value: unknown, where: string): Expression[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) =>
    key === "pattern" && typeof child === "string"
      ? [{ source: child, flags: "u", where }]
      : patternsIn(child, where),
  );
}

it("no expression of the sources, the stack file's schema and the service's document is slow for any text", async () => {
  const { send } = await startTestService();
  const document = (await send("GET /openapi.json", { token: null })).json;
  const schema: unknown = JSON.parse(readFileSync(join(ROOT, "config/stack.schema.json"), "utf8"));
  const all = [
    ...SOURCES.flatMap(literals),
    ...patternsIn(schema, "config/stack.schema.json"),
    ...patternsIn(document, "openapi.json"),
  ];
  expect(new Set(all.map(({ where }) => where)).size).toBeGreaterThan(50);
  const different = new Map(all.map((one) => [`${one.source}/${one.flags}`, one]));
  const unsafe = [...different.values()].flatMap(({ source, flags, where }) => {
    const found = checkSync(source, flags, { timeout: 60_000 });
    const attack = found.status === "vulnerable" ? found.attack.pattern : "";
    return found.status === "safe" ? [] : [`${where}: /${source}/${flags} is ${found.status} ${attack}`];
  });
  expect(unsafe).toEqual([]);
}, 240_000);

it("finds what is slow", () => {
  expect(checkSync("/+$", "").status).toBe("vulnerable");
});
