/** `kill -9` of a move and of its engine. */
import { watch } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { expect, it } from "vitest";
import { killAll, Role } from "../../deep/kills/processes.ts";
import { CHECKOUT } from "../../sandbox/session.ts";
import { leftBehind, type TestStack } from "./testStack.ts";
import { alone, FIRST, SECOND, twoStacks } from "./twoStacks.ts";

interface Moment {
  name: string;
  /** The command's last words. */
  message: RegExp;
  /** Of which state the engine has then begun to write. */
  writes?: "source" | "target";
}

const MOMENTS: readonly Moment[] = [
  { name: "before the states are moved", message: /moving its state/ },
  { name: "in the target's state", message: /moving its state/, writes: "target" },
  { name: "in the source's state", message: /moving its state/, writes: "source" },
  { name: "before the previews", message: /previewing both/ },
];

/** Resolves when both are gone. */
async function killedMove(stack: TestStack, from: string, to: string, moment: Moment): Promise<void> {
  const { project, folder, sandbox } = stack;
  const end = () => killAll(folder, [Role.Operation, Role.Engine]);
  const states = join(fileURLToPath(sandbox.env["PULUMI_BACKEND_URL"] ?? ""), ".pulumi/stacks/tenant-edge");
  const written = moment.writes && `${moment.writes === "source" ? from : to}.json`;
  const watcher = new AbortController();
  const command = execa(
    process.execPath,
    [join(CHECKOUT, "bin/tenant-edge.js"), "move", "acme", "--to", to, "--env", "test", "--yes"],
    { cwd: project, env: { ...sandbox.env }, extendEnv: false, reject: false },
  );
  let told = "";
  command.stderr.on("data", (text: Buffer) => {
    const before = moment.message.test(told);
    told += text.toString();
    if (before || !moment.message.test(told)) return;
    if (written === undefined) end();
    else {
      watch(states, { signal: watcher.signal }, (_, name) => {
        if (name?.startsWith(written)) end();
      });
    }
  });
  const { signal } = await command;
  watcher.abort();
  expect(signal, `${moment.name}: ${told}`).toBe("SIGKILL");
}

it("is completed by the next one, whenever it was killed, and nothing of the tenant is lost", async () => {
  const { stack, move, listed, outputs, unchanged } = await twoStacks([alone("acme"), alone("globex")], []);
  const before = leftBehind(stack);
  stack.newCalls();
  let [from, to]: [string, string] = [FIRST, SECOND];
  for (const moment of MOMENTS) {
    await killedMove(stack, from, to, moment);
    expect(await move("acme", to), moment.name).toMatchObject({ from, to, changed: true });
    expect([listed(from).includes("acme"), listed(to).includes("acme")], moment.name).toEqual([false, true]);
    expect(await outputs(to), moment.name).toContain("acme");
    expect(await outputs(from), moment.name).not.toContain("acme");
    expect(leftBehind(stack), moment.name).toEqual(before);
    [from, to] = [to, from];
  }
  await unchanged();
  expect(stack.newCalls().filter((call) => !call.startsWith("GET"))).toEqual([]);
}, 300_000);
