/** A tenant moves from one stack of its environment to another. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { type Call, ProgressKind } from "../../operations/contract.ts";
import { ErrorCode, OperationError } from "../../operations/errors.ts";
import { runFake } from "../cli/fakeCli.ts";
import { operationsOf } from "./operations.ts";
import { leftBehind, type TestStack } from "./testStack.ts";
import { alone, FIRST, SECOND, twoStacks } from "./twoStacks.ts";

/** Aborts when the move is about to do this. */
function stoppedBefore(message: RegExp): Call {
  const stop = new AbortController();
  return {
    signal: stop.signal,
    onProgress: (event) => {
      if (event.kind === ProgressKind.Note && message.test(event.message)) stop.abort();
    },
  };
}

const token = async (stack: TestStack, name: string, tenant: string) =>
  (await (await operationsOf(stack, { stack: name })).token({ tenant })).token;

it("moves there and back, with its host and its protected bucket, and no cloud hears of it", async () => {
  const entry = { id: "acme", displayName: "Acme", bucket: { protect: true } };
  const { stack, up, listed, outputs, move, unchanged } = await twoStacks([entry, alone("globex")], [], {
    stack: FIRST,
  });
  const before = leftBehind(stack);
  const secret = await token(stack, FIRST, "acme");
  stack.newCalls();

  const moved = await move("acme", SECOND);

  expect(moved).toEqual({ tenant: "acme", from: FIRST, to: SECOND, changed: true });
  expect(stack.newCalls()).toEqual([]);
  expect(leftBehind(stack)).toEqual(before);
  expect([listed(FIRST), listed(SECOND)]).toEqual([["globex"], ["acme"]]);
  expect([await outputs(FIRST), await outputs(SECOND)]).toEqual([["globex"], ["acme"]]);
  expect(await token(stack, SECOND, "acme")).toBe(secret);
  await unchanged();
  expect(await move("acme", SECOND)).toMatchObject({ changed: false });

  const command = ["move", "acme", "--to", FIRST, "--env", "test", "--yes", "--json"];
  const back = await runFake(command, { directory: stack.project, env: { ...stack.sandbox.env } });
  expect(JSON.parse(back.stdout)).toEqual({ tenant: "acme", from: SECOND, to: FIRST, changed: true });
  expect([listed(FIRST), listed(SECOND)]).toEqual([["globex", "acme"], []]);
  const again = await up(FIRST, "--expect-no-changes");
  expect(again.exitCode, again.stdout).toBe(0);
  expect(leftBehind(stack)).toEqual(before);
  expect(stack.newCalls().filter((call) => !call.startsWith("GET"))).toEqual([]);
});

it("is completed by the same command when it was stopped or killed, and updates meanwhile are refused", async () => {
  const { stack, up, listed, outputs, move } = await twoStacks([alone("acme"), alone("globex")], []);
  const before = leftBehind(stack);
  const refusedByBoth = async () => {
    for (const { exitCode, stdout } of await Promise.all([up(FIRST), up(SECOND)])) {
      expect(exitCode).not.toBe(0);
      expect(stdout).toContain("an id that no other tenant of the environment has");
    }
  };
  const completed = async (from: string, to: string) => {
    expect(await move("acme", to)).toMatchObject({ from, to, changed: true });
    expect(leftBehind(stack)).toEqual(before);
    expect(await outputs(to)).toContain("acme");
    expect(await outputs(from)).not.toContain("acme");
  };

  await expect(move("acme", SECOND, stoppedBefore(/^moving its state/))).rejects.toMatchObject({
    code: ErrorCode.Aborted,
  });
  expect([listed(FIRST), listed(SECOND)]).toEqual([["acme", "globex"], ["acme"]]);
  await refusedByBoth();
  await completed(FIRST, SECOND);

  // Killed between the two writes of the engine, which leaves all of it in both states.
  const state = join(stack.folder, "state.json");
  await stack.pulumi(["stack", "export", "--stack", SECOND, "--file", state]);
  await expect(move("acme", FIRST, stoppedBefore(/^taking it out/))).rejects.toThrow();
  const imported = await stack.pulumi(["stack", "import", "--stack", SECOND, "--file", state]);
  expect(imported.exitCode, imported.stderr).toBe(0);
  await refusedByBoth();
  await completed(SECOND, FIRST);
});

it("is guarded against updates from a checkout without the move, and completed from another machine", async () => {
  const { stack, up, checkout, listed, outputs, arriving, move, unchanged } = await twoStacks(
    [alone("acme"), alone("globex")],
    [],
  );
  const before = leftBehind(stack);
  const older = checkout();
  await expect(move("acme", SECOND, stoppedBefore(/^previewing both/))).rejects.toThrow();
  const newer = checkout();
  expect([await arriving(SECOND), await outputs(SECOND)]).toEqual([["acme"], []]);

  older.restore();
  stack.newCalls();
  const refused = await up(SECOND);
  expect(refused.exitCode).not.toBe(0);
  expect(refused.stdout + refused.stderr).toContain("tenant acme was moved here from another stack");
  expect(stack.newCalls()).toEqual([]);
  expect(leftBehind(stack)).toEqual(before);

  newer.restore();
  const elsewhere = join(stack.folder, "elsewhere");
  const moved = await move("acme", SECOND, {}, elsewhere);
  expect(moved).toEqual({ tenant: "acme", from: FIRST, to: SECOND, changed: true });
  expect([listed(FIRST), listed(SECOND)]).toEqual([["globex"], ["acme"]]);
  expect([await outputs(FIRST), await outputs(SECOND)]).toEqual([["globex"], ["acme"]]);
  expect([await arriving(FIRST), await arriving(SECOND)]).toEqual([[], []]);
  await unchanged();
  expect(await move("acme", SECOND, {}, elsewhere)).toMatchObject({ changed: false });

  older.restore();
  const [source, target] = await Promise.all([up(FIRST), up(SECOND)]);
  expect([source.exitCode, target.exitCode]).not.toContain(0);
  expect(leftBehind(stack)).toEqual(before);
});

it("is taken back by the command that names where it came from, and updates meanwhile change nothing", async () => {
  const { stack, listed, outputs, move, unchanged } = await twoStacks([alone("acme"), alone("globex")], []);
  const before = leftBehind(stack);
  await expect(move("acme", SECOND, stoppedBefore(/^previewing both/))).rejects.toThrow();
  expect([listed(FIRST), listed(SECOND)]).toEqual([["globex"], ["acme"]]);
  await unchanged();
  expect([await outputs(FIRST), await outputs(SECOND)]).toEqual([["globex"], ["acme"]]);

  expect(await move("acme", FIRST)).toMatchObject({ from: SECOND, to: FIRST, changed: true });
  expect([listed(FIRST), listed(SECOND)]).toEqual([["globex", "acme"], []]);
  expect([await outputs(FIRST), await outputs(SECOND)]).toEqual([["acme", "globex"], []]);
  expect(leftBehind(stack)).toEqual(before);
});

it("is refused with every reason, and taken back when something would change", async () => {
  const { stack, configure, listed, move, unchanged } = await twoStacks([alone("acme")], [alone("globex")]);
  const before = leftBehind(stack);
  stack.newCalls();
  configure(SECOND, {
    "tenant-edge:tags": { team: "other" },
    "tenant-edge:bucketDefaults": { protect: false, jurisdiction: "eu" },
  });
  configure(FIRST, { "tenant-edge:tenants": [alone("acme", { tunnelSecretGeneration: 2 })] });

  const reasons = async () => {
    const error: unknown = await move("acme", SECOND).catch((thrown: unknown) => thrown);
    if (!(error instanceof OperationError)) throw error;
    expect(error.code).toBe(ErrorCode.NotAllowedNow);
    return error.problems.map(({ path }) => path);
  };
  expect(await reasons()).toEqual(["acme", "tenant-edge:tags", "acme.bucket.jurisdiction", FIRST, SECOND]);
  expect([listed(FIRST), listed(SECOND)]).toEqual([["acme"], ["globex"]]);

  configure(FIRST, { "tenant-edge:tenants": [alone("acme")] });
  const same = { "tenant-edge:tags": {}, "tenant-edge:bucketDefaults": { protect: false } };
  configure(SECOND, { ...same, "tenant-edge:limits": { tenantsPerStack: 1 } });
  expect(await reasons()).toEqual(["tenant-edge:tenants of Pulumi.second.yaml"]);
  configure(SECOND, { "tenant-edge:limits": {} });
  const call: Call = {
    onProgress: ({ message }) => {
      if (message.startsWith("previewing both")) configure(SECOND, { "tenant-edge:tags": { team: "other" } });
    },
  };
  await expect(move("acme", SECOND, call)).rejects.toMatchObject({
    code: ErrorCode.UnintendedChanges,
    message: expect.stringMatching(/acme is back in staging[\s\S]+second: update acme-/),
  });
  configure(SECOND, same);
  expect([listed(FIRST), listed(SECOND)]).toEqual([["acme"], ["globex"]]);
  await unchanged();
  expect(leftBehind(stack)).toEqual(before);
  expect(stack.newCalls().filter((one) => !one.startsWith("GET"))).toEqual([]);
});
