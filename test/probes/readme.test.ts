import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { conditionTable } from "../../probes/condition.ts";

it("the page on a tenant's life shows the table that decides how a tenant is", () => {
  const page = readFileSync(new URL("../../docs/lifecycle.md", import.meta.url), "utf8");
  const [, table] =
    /<!-- condition table: begin -->\n\n([\s\S]*?)\n<!-- condition table: end -->/.exec(page) ?? [];
  expect(table).toBe(conditionTable());
});
