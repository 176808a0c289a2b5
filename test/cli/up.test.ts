/** `tenant-edge up` with an environment that is not there. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import pc from "picocolors";
import { describe, expect, it } from "vitest";
import { ExitCode } from "../../cli/exitCodes.ts";
import type { Surroundings } from "../../cli/surroundings.ts";
import { upText } from "../../cli/text/upText.ts";
import { runUp, type UpCommandOptions, upExitCode } from "../../cli/upCommand.ts";
import { showUp } from "../../cli/upProgress.ts";
import { ErrorCode } from "../../operations/errors.ts";
import { resultOf } from "../../operations/shards/up/bringShard.ts";
import {
  ShardOutcome,
  type ShardResult,
  type UpEvent,
  UpEventKind,
  type UpOptions,
  type UpResult,
} from "../../operations/shards/up/contract.ts";
import { projectFolder } from "./fakeCli.ts";

const plain = pc.createColors(false);

const PLANNED = resultOf("prod", ShardOutcome.Planned, {
  changes: { created: 19, updated: 0, replaced: 0, deleted: 0 },
  seconds: 2,
});
const UPDATED = { ...PLANNED, outcome: ShardOutcome.Updated, seconds: 7.25 };
const UP_TO_DATE = resultOf("prod-2", ShardOutcome.UpToDate);
const FAILED = resultOf("prod-3", ShardOutcome.Failed, {
  changes: { created: 2, updated: 1, replaced: 1, deleted: 3 },
  seconds: 65,
  failedTenants: ["", "acme"],
  reason: "the update failed:\nsomething broke",
  errorCode: ErrorCode.UpdateFailed,
  ways: ["run it again"],
});
const NOT_BEGUN = resultOf("prod-4", ShardOutcome.NotBegun, { reason: "its network is in prod-3" });

function resultWith(shards: ShardResult[], isPreview = false): UpResult {
  return { environment: "prod", isPreview, shards, atOnce: 2, seconds: 70 };
}

interface Screen {
  isTTY: boolean;
  columns: number;
  text: string;
  write(text: string): void;
}

function screen(isTTY: boolean): Screen {
  return {
    isTTY,
    columns: 60,
    text: "",
    write(text) {
      this.text += text;
    },
  };
}

/** @param typed what a person answers; without it there is nobody. */
async function run(
  options: Omit<UpCommandOptions, "color">,
  results: readonly ShardResult[][],
  typed?: string,
) {
  const directory = projectFolder();
  writeFileSync(join(directory, "Pulumi.prod.yaml"), "config:\n  tenant-edge:environment: prod\n");
  const [stdout, stderr] = [screen(false), screen(typed !== undefined)];
  const stdin = Object.assign(new PassThrough(), { isTTY: typed !== undefined });
  stdin.end(`${typed ?? ""}\n`);
  const asked: UpOptions[] = [];
  const surroundings = {
    ...{ stdin, stdout, stderr, directory },
    env: {},
    signal: new AbortController().signal,
    leaveInterrupts() {},
    open: () => Promise.reject(new Error("nothing is opened")),
  } satisfies Surroundings;
  const ended = await runUp({ env: "prod", color: false, ...options }, surroundings, async (given) => {
    asked.push(given);
    return resultWith(results[asked.length - 1] ?? [], given.preview);
  }).catch((error: Error) => error.message);
  return {
    ended,
    asked: asked.map(({ preview }) => preview),
    stdout: stdout.text,
    stderr: stderr.text,
    given: asked,
  };
}

describe("tenant-edge up", () => {
  it("previews, asks, and brings the stacks up that are not", async () => {
    const { ended, asked, stdout, stderr } = await run(
      {},
      [
        [PLANNED, UP_TO_DATE],
        [UPDATED, UP_TO_DATE],
      ],
      "y",
    );
    expect(ended).toBe(ExitCode.done);
    expect(asked).toEqual([true, false]);
    expect(stderr).toContain("1 of 2 stacks of prod would change");
    expect(stderr).toContain("Bring 1 stack up? [y/N]");
    expect(stdout).toContain("2 of 2 stacks of prod are as the files say");
  });

  it("brings up what was shown and nothing else, and keeps what the preview found amiss", async () => {
    const UNCHANGED = resultOf("prod-5", ShardOutcome.Unchanged);
    const other = resultOf("prod-3", ShardOutcome.NotBegun, { reason: "it is not wanted" });
    const become = { ...UP_TO_DATE, outcome: ShardOutcome.NotBegun, reason: "it is not wanted" };
    const { ended, given, stdout } = await run(
      { json: true },
      [
        [PLANNED, UP_TO_DATE, FAILED, NOT_BEGUN, UNCHANGED],
        [UPDATED, become, other, { ...NOT_BEGUN, reason: "it is not wanted" }, UNCHANGED],
      ],
      "y",
    );
    expect(given.map(({ only }) => only)).toEqual([undefined, ["prod", "prod-5"]]);
    expect(JSON.parse(stdout)).toEqual(resultWith([UPDATED, become, FAILED, NOT_BEGUN, UNCHANGED]));
    expect(ended).toBe(ExitCode.failed);
  });

  it("does nothing after another answer, and asks nothing when there is nothing to do", async () => {
    const no = await run({}, [[PLANNED]], "n");
    expect([no.ended, no.asked]).toEqual(["Not confirmed; nothing was done.", [true]]);
    const nothing = await run({}, [[UP_TO_DATE]], "");
    expect([nothing.ended, nothing.asked]).toEqual([ExitCode.done, [true]]);
    expect(nothing.stderr).not.toContain("?");
  });

  it("asks nobody with --yes or --preview, and does not begin where there is nobody to ask", async () => {
    expect((await run({ yes: true }, [[UPDATED]])).asked).toEqual([false]);
    expect((await run({ preview: true }, [[PLANNED]])).asked).toEqual([true]);
    const refused = await run({}, []);
    expect(refused.ended).toMatch(/nobody to ask/);
    expect(refused.asked).toEqual([]);
  });

  it("hands its options on, and prints the result as JSON", async () => {
    const { given, stdout } = await run({ yes: true, all: true, parallel: 3, json: true, actor: "ci" }, [
      [UPDATED],
    ]);
    expect(given).toMatchObject([
      { environment: "prod", all: true, parallel: 3, actor: "ci", preview: false },
    ]);
    expect(JSON.parse(stdout)).toEqual(resultWith([UPDATED]));
  });
});

describe("its exit code", () => {
  const { signal } = new AbortController();
  const locked = { ...FAILED, errorCode: ErrorCode.StackLocked };
  it.each([
    ["done", [UPDATED, UP_TO_DATE], ExitCode.done],
    ["of the one reason that there is", [UPDATED, locked], ExitCode.tryAgain],
    ["failed, of several", [FAILED, locked], ExitCode.failed],
    ["failed, also where others were not begun for it", [FAILED, NOT_BEGUN], ExitCode.failed],
    ["to try again, out of time", [UPDATED, NOT_BEGUN], ExitCode.tryAgain],
  ])("is %s", (_, shards, code) => {
    expect(upExitCode(resultWith(shards), signal)).toBe(code);
  });

  it("is that of an interrupt when something was left for it", () => {
    expect(upExitCode(resultWith([UPDATED, NOT_BEGUN]), AbortSignal.abort())).toBe(ExitCode.interrupted);
    expect(upExitCode(resultWith([UPDATED]), AbortSignal.abort())).toBe(ExitCode.done);
  });
});

it("names each stack, its changes, and the tenants of whom something failed", () => {
  const text = upText(resultWith([UPDATED, UP_TO_DATE, FAILED, NOT_BEGUN]), plain);
  const rows = text.split("\n").map((line) => line.split("│").map((cell) => cell.trim()));
  const row = (stack: string) => rows.find(([, first]) => first === stack)?.slice(2, 6);
  expect(row("prod")).toEqual(["updated", "+19", "7.2s", ""]);
  expect(row("prod-2")).toEqual(["up to date", "", "", ""]);
  expect(row("prod-3")).toEqual(["failed", "+2 ~1 +-1 -3", "1m 5s", "failed: (shared), acme"]);
  expect(row("prod-4")).toEqual(["not begun", "", "", "its network is in prod-3"]);
  expect(text).toContain("prod-3: the update failed:\nsomething broke\n  - run it again");
  expect(text).toContain("2 of 4 stacks of prod are as the files say (1m 10s, 2 at a time)");
});

describe("progress", () => {
  const time = "2026-11-23T01:00:00.000Z";
  const event = (
    kind: UpEventKind,
    stack: string,
    message: string,
    more: Partial<UpEvent> = {},
  ): UpEvent => ({
    ...{ time, kind, stack, message },
    ...more,
  });
  const EVENTS = [
    event(UpEventKind.Checked, "", "3 stacks, of which 2 to look at, 2 at a time", { total: 2, atOnce: 2 }),
    event(UpEventKind.Ended, "prod-2", "up-to-date", { result: UP_TO_DATE }),
    event(UpEventKind.Begun, "prod", "begun"),
    event(UpEventKind.Begun, "prod-3", "begun"),
    event(UpEventKind.Waiting, "prod-3", "prod-3 is locked by someone"),
    event(UpEventKind.Waiting, "prod-3", "prod-3 is locked by someone"),
    event(UpEventKind.Resource, "prod", "create acme\u001B[31m", { done: 4 }),
    event(UpEventKind.Ended, "prod-3", "failed", { result: FAILED }),
  ];
  const show = (isTTY: boolean) => {
    const output = screen(isTTY);
    const display = showUp(output, plain, () => Date.parse(time));
    for (const one of EVENTS) display.report(one);
    const before = output.text;
    display.clear();
    return { output, before };
  };

  it("is a line per event where lines stay", () => {
    expect(show(false).output.text).toBe(
      [
        "3 stacks, of which 2 to look at, 2 at a time",
        "prod: begun",
        "prod-3: begun",
        "prod-3: prod-3 is locked by someone",
        "prod-3: failed, +2 ~1 +-1 -3, failed: (shared), acme, in 1m 5s",
      ]
        .map((line) => `${time} ${line}\n`)
        .join(""),
    );
  });

  it("is a line per stack that is under way on a terminal, and one for all; what has ended stays above", () => {
    const { before } = show(true);
    // What the terminal shows: after the last line that stays.
    const shown = before.slice(before.lastIndexOf("prod-3: failed"));
    expect(shown).toContain("prod  create acme\\u{1b}[31m (4)");
    expect(shown).toContain("1 of 2 stacks done, 1 under way");
    expect(before).not.toContain("up to date");
  });
});
