/** A sample of the deep run's faults: every kind of fault meets the creation or the end of a tenant. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Operation } from "../../deep/faults/life.ts";
import { tryOwnCalls } from "../../deep/faults/operationFaults.ts";
import { OWN_LIFE } from "../../deep/faults/operationLife.ts";
import { tryFaults } from "../../deep/faults/part.ts";
import { findEngine } from "../../sandbox/engine/findEngine.ts";
import { FaultKind } from "../../sandbox/faults/kinds.ts";
import { commandFile, commandLine } from "./commandLine.ts";

it("whatever goes wrong with a call, two more runs end right: nothing lost, nothing left behind", async () => {
  const lines: string[] = [];
  const { rows, failures } = await tryFaults({
    engine: await findEngine({ report: () => {} }),
    seed: 6,
    cases: 24,
    operations: [Operation.create, Operation.destroy],
    hosts: false,
    report: (line) => lines.push(line),
  });
  expect(failures, lines.join("\n")).toEqual([]);
  expect(rows.map(({ name }) => name)).toEqual([...Object.values(FaultKind), "two faults"]);
  for (const { name, cases, survived, lost, orphans } of rows) {
    expect({ name, survived, lost, orphans }).toEqual({ name, survived: cases, lost: 0, orphans: 0 });
  }
}, 300_000);

it("operations end right too when calls of their own go wrong", async () => {
  const lines: string[] = [];
  const { rows, failures } = await tryOwnCalls({
    engine: await findEngine({ report: () => {} }),
    // One case of enroll: each takes a stack of its own.
    seed: 1,
    cases: 3,
    steps: OWN_LIFE.filter(({ name }) => /^enroll|^repair/.test(name)),
    report: (line) => lines.push(line),
  });
  expect(failures, lines.join("\n")).toEqual([]);
  expect(rows).toEqual([{ name: "in calls of operations", cases: 3, survived: 3, lost: 0, orphans: 0 }]);
}, 180_000);

it("TENANT_EDGE_FAULTS lets calls of a command fail, and the command says where that is written", async () => {
  const line = commandLine();
  const rules = join(line.folder, "rules.yaml");
  writeFileSync(
    rules,
    "- {kind: '500', where: provider, call: ^create random, resource: '::acme-', calls: [1]}\n",
  );
  const command = `'${process.execPath}' '${commandFile("pulumi")}' up --stack staging --yes --skip-preview`;
  const { exitCode, output } = await line.shell(`TENANT_EDGE_FAULTS='${rules}' ${command}`);
  expect(exitCode).not.toBe(0);
  expect(output).toContain("create failed: 500 Internal Server Error");
  const [, file = ""] = /^1 fault was injected; (.*) says where\.$/m.exec(output) ?? [];
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ kind: "500", rule: 0, number: 1 });

  writeFileSync(rules, "- {kind: teapot}\n");
  const refused = await line.shell(`TENANT_EDGE_FAULTS='${rules}' ${command}`);
  expect(refused.output).toContain(`TENANT_EDGE_FAULTS names ${rules}: it has to be a list of rules`);
  expect(refused.output).toContain("[0].kind");
}, 120_000);
