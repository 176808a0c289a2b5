import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { CHECKOUT } from "../../sandbox/session.ts";
import { operationsOf } from "./operations.ts";
import { ACCOUNT_ID, type TestStack, testStack } from "./testStack.ts";

const COMMAND = join(CHECKOUT, "bin", "tenant-edge.js");
/** Above what Linux gives to a process. */
const NO_PROCESS = 2 ** 22 + 1;
const USER = userInfo().username;

function enrollByCommand(stack: TestStack, tenant: string) {
  const args = [
    "enroll",
    tenant,
    "--no-host",
    "--stack",
    "staging",
    "--cwd",
    stack.project,
    "--yes",
    "--json",
    "--show-secrets",
  ];
  return execa(process.execPath, [COMMAND, ...args], {
    env: { ...stack.sandbox.env },
    extendEnv: false,
    reject: false,
  });
}

/** As an engine leaves it that another process of this user runs. */
function lockStack({ folder }: TestStack, pid: number): void {
  const locks = join(folder, "state", ".pulumi", "locks", "organization", "tenant-edge", "staging");
  mkdirSync(locks, { recursive: true });
  const content = { pid, username: USER, hostname: hostname(), timestamp: "2026-11-22T10:00:00Z" };
  writeFileSync(join(locks, `${randomUUID()}.json`), JSON.stringify(content));
}

const names = ({ sandbox }: TestStack) =>
  sandbox.cloudflare.tunnels
    .list(ACCOUNT_ID)
    .map(({ name }) => name)
    .sort();

describe("operations at the same time", () => {
  it("of one process are done in few updates, and the same one twice gives the same answer", async () => {
    const stack = await testStack({ tenants: [] });
    const operations = await operationsOf(stack);
    const ids = ["a", "b", "c", "c"];
    const results = await Promise.all(ids.map((tenant) => operations.enroll({ tenant, host: false })));
    expect(results[2]).toEqual({ ...results[3], created: results[2]?.created });
    expect(names(stack)).toEqual(["te-test-a", "te-test-b", "te-test-c"]);
    const { updates } = await operations.history({});
    expect(updates.length).toBeLessThanOrEqual(2);
    expect(updates.map(({ message }) => message).join()).toContain("enroll b");
  });

  it("of two processes are both done: no lost line, no duplicate", async () => {
    const stack = await testStack({ tenants: [] });
    const [one, two] = await Promise.all([enrollByCommand(stack, "one"), enrollByCommand(stack, "two")]);
    for (const { exitCode, stderr } of [one, two]) expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(one.stdout)).toMatchObject({ tenant: "one", created: true });
    expect(JSON.parse(two.stdout)).toMatchObject({ tenant: "two", created: true });
    expect(names(stack)).toEqual(["te-test-one", "te-test-two"]);
    expect(readFileSync(join(stack.project, "Pulumi.staging.yaml"), "utf8")).toMatch(
      /id: (one|two)[\s\S]*id: (one|two)/,
    );
    expect((await stack.pulumi(["preview", "--expect-no-changes"])).exitCode).toBe(0);
  });
});

describe("a stack that somebody else works on", () => {
  it("is waited for with a bound, and then the error says who has it", async () => {
    const stack = await testStack({ tenants: [] });
    await stack.up();
    lockStack(stack, process.pid);
    const operations = await operationsOf(stack, { lockPatienceSeconds: 1 });
    const waits: string[] = [];
    const call = {
      onProgress: ({ kind, message }: { kind: string; message: string }) => {
        if (kind === "waiting") waits.push(message);
      },
    };
    await expect(operations.enroll({ tenant: "acme", host: false }, call)).rejects.toMatchObject({
      code: "stack-locked",
      message: expect.stringContaining(
        `${USER}@${hostname()} (process ${process.pid}) since 2026-11-22T10:00:00Z`,
      ),
    });
    expect(waits).toContain(`staging is locked by ${USER}@${hostname()}`);
    expect(names(stack)).toEqual([]);
  });

  it("is taken over from a process that was killed on this machine", async () => {
    const stack = await testStack({ tenants: [] });
    await stack.up();
    lockStack(stack, NO_PROCESS);
    const operations = await operationsOf(stack, { lockPatienceSeconds: 60 });
    expect(await operations.enroll({ tenant: "acme", host: false })).toMatchObject({ created: true });
  });
});
