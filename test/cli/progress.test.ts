import pc from "picocolors";
import { expect, it } from "vitest";
import { listenForInterrupts } from "../../cli/interrupts.ts";
import { showProgress } from "../../cli/progress.ts";
import { type ProgressEvent, ProgressKind } from "../../operations/contract.ts";

const at = (seconds: number): string => new Date(Date.UTC(2026, 10, 22, 10, 0, seconds)).toISOString();
const plain = pc.createColors(false);

function shown(isTTY: boolean, events: readonly ProgressEvent[]): string {
  let text = "";
  const write = (part: string) => {
    text += part;
  };
  const display = showProgress({ isTTY, columns: 30, write }, plain);
  for (const event of events) display.report(event);
  display.clear();
  return text;
}

const EVENTS: ProgressEvent[] = [
  { time: at(0), kind: ProgressKind.Previewing, message: "previews" },
  { time: at(2), kind: ProgressKind.Previewed, message: "2 changes" },
  {
    time: at(3),
    kind: ProgressKind.Emptying,
    message: "deletes objects from the bucket",
    done: 10,
    total: 90,
  },
  {
    time: at(4),
    kind: ProgressKind.Emptying,
    message: "deletes objects from the bucket",
    done: 50,
    total: 90,
  },
  { time: at(5), kind: ProgressKind.Emptying, message: "deletes objects\u001B[31m", done: 90, total: 90 },
];

it("rewrites one line on a terminal, and keeps milestones", () => {
  const clear = "\r\u001B[K";
  expect(shown(true, EVENTS.slice(0, 3))).toBe(
    `   0ms  previews${clear}    2s  2 changes\n    3s  deletes objects from ${clear}`,
  );
});

it("adds lines elsewhere, few of what counts", () => {
  expect(shown(false, EVENTS)).toBe(
    `${at(0)} previews\n${at(2)} 2 changes\n${at(3)} deletes objects from the bucket (10 of 90)\n` +
      `${at(5)} deletes objects\\u{1b}[31m (90 of 90)\n`,
  );
});

it("stops at the first interrupt, and at once at the second, which is not the same one from npm", () => {
  const listeners = new Map<string, () => void>();
  const exits: number[] = [];
  const said: string[] = [];
  let now = 0;
  const interrupts = listenForInterrupts(
    {
      on: (name, listener) => listeners.set(name, listener),
      off: (name) => listeners.delete(name),
      exit: (code) => exits.push(code),
    },
    (text) => said.push(text),
    () => now,
  );
  listeners.get("SIGINT")?.();
  now = 200;
  listeners.get("SIGINT")?.();
  expect(interrupts.signal.aborted).toBe(true);
  expect(exits).toEqual([]);
  expect(said).toHaveLength(1);
  now = 900;
  listeners.get("SIGTERM")?.();
  expect(exits).toEqual([130]);
  now = 2000;
  interrupts.leave();
  listeners.get("SIGINT")?.();
  expect(exits).toEqual([130]);
  interrupts.close();
  expect(listeners.size).toBe(0);
});
